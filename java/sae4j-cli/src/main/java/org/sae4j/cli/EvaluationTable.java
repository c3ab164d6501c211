package org.sae4j.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.stream.IntStream;
import org.sae4j.EvaluationResult;
import org.sae4j.FeatureDensity;
import org.sae4j.Interval;

/** The results of {@code eval} of one SAE for people: a line for each number. */
final class EvaluationTable {
  private final EvaluationResult result;
  private final AlignedTable table = new AlignedTable();

  private EvaluationTable(EvaluationResult result) {
    this.result = result;
  }

  static void print(EvaluationResult result, PrintWriter out) {
    EvaluationTable table = new EvaluationTable(result);
    table.predictions();
    table.baselines();
    table.reconstruction();
    table.sparsity();
    table.density();
    table.speed();
    table.table.print(out);
  }

  private void predictions() {
    table.heading("Predictions with the reconstruction in place of the activation");
    line("kl", Figures::of, "nats from the clean predictions; 0 is perfect");
    plusOrMinus("kl");
    line("delta_ce", Figures::signed, "nats; " + verdict());
    plusOrMinus("delta_ce");
    line("ce_clean", Figures::of, "nats");
    line("ce_sae", Figures::of, "nats");
    line("top1_agreement", Figures::percent, "same likeliest token as the clean model");
  }

  private String verdict() {
    double delta = result.downstream().deltaCe();
    if (delta > 0) {
      return "positive: WORSE than the clean model";
    }
    if (delta < 0) {
      return "negative: better than the clean model";
    }
    return delta == 0 ? "as good as the clean model" : "positive is worse than the clean model";
  }

  private void baselines() {
    table.heading("Baselines: zero or the mean in place of the activation");
    line("ce_loss_score", Figures::of, "1 is as good as the clean model, 0 as bad as zero");
    line("kl_score", Figures::of, "the same in terms of kl");
    line("ce_zero", Figures::of, "nats");
    line("ce_mean", Figures::of, "nats; mean " + result.options().meanBaseline());
    line("kl_zero", Figures::of, "nats");
    line("kl_mean", Figures::of, "nats");
  }

  private void reconstruction() {
    table.heading("Reconstruction");
    line("mse", Figures::of, "");
    line("normalized_mse", Figures::of, "share of the variance");
    line("explained_variance", Figures::of, "");
    line("cosine_similarity", Figures::of, "");
    line("l2_ratio", Figures::of, "norm of the reconstruction divided by the activation's");
    line("relative_reconstruction_bias", Figures::of, "1 is unbiased");
  }

  private void sparsity() {
    table.heading("Sparsity");
    line("l0", Figures::of, "active latents per token");
    line("l1", Figures::of, "");
    line("dead_fraction", Figures::percent, "of the latents never fired on these tokens");
  }

  /** One line for each decade of the histogram in which there is a latent. */
  private void density() {
    table.heading("Latents by density, the share of tokens at which they fire");
    FeatureDensity.Histogram histogram = result.density().histogram();
    count("never", histogram.dead());
    int decades = (int) -histogram.log10Edges()[0];
    int binsEach = histogram.counts().length / decades;
    for (int decade = -decades; decade < 0; decade++) {
      int from = (decade + decades) * binsEach;
      long count = sum(histogram.counts(), from, from + binsEach);
      if (count > 0) {
        count(String.format(Locale.ROOT, "1e%d to 1e%d", decade, decade + 1), count);
      }
    }
  }

  private static long sum(long[] counts, int from, int to) {
    return IntStream.range(from, to).mapToLong(i -> counts[i]).sum();
  }

  private void count(String label, long count) {
    table.line("  " + label, List.of(String.valueOf(count)), "");
  }

  private void speed() {
    table.heading("Run");
    line("tokens", value -> String.valueOf((long) value), "counted");
    String sequences = String.valueOf(result.sequences());
    table.line("  sequences", List.of(sequences), EvaluationOutcome.ofSequences(result));
    line("seconds", Figures::of, "");
    line("tokens_per_second", Figures::of, "");
  }

  private void line(String key, DoubleFunction<String> format, String remark) {
    table.line("  " + key, List.of(format.apply(result.values().get(key))), remark);
  }

  /** Half the length of an interval, if there is one. */
  private void plusOrMinus(String key) {
    if (result.replicates().missing().isEmpty()) {
      Optional<Interval> ci95 = result.replicates().ci95(key);
      String ends = ci95.map(EvaluationTable::ends).orElse("");
      table.line(
          "", List.of(ci95.map(Figures::plusOrMinus).orElse("-")), "half the 95 % interval" + ends);
    }
  }

  private static String ends(Interval ci95) {
    return ", from %s to %s".formatted(Figures.of(ci95.low()), Figures.of(ci95.high()));
  }
}
