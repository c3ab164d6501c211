package org.sae4j.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.sae4j.EvaluationResult;
import org.sae4j.FeatureDensity;

/** The results of {@code eval} for people: a line for each number, a column for each SAE. */
final class EvaluationTable {
  private final List<EvaluationResult> results;
  private final AlignedTable table = new AlignedTable();

  private EvaluationTable(List<EvaluationResult> results) {
    this.results = results;
  }

  static void print(List<EvaluationResult> results, PrintWriter out) {
    EvaluationTable table = new EvaluationTable(results);
    table.columns();
    table.predictions();
    table.baselines();
    table.reconstruction();
    table.sparsity();
    table.density();
    table.speed();
    table.table.print(out);
    PairedTable.print(results, out);
    table.undefined(out);
  }

  /** Numbers the columns if there are several. */
  private void columns() {
    if (results.size() > 1) {
      List<String> names =
          IntStream.rangeClosed(1, results.size()).mapToObj(i -> "[" + i + "]").toList();
      table.line("", names, "");
    }
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
    if (results.size() > 1) {
      return "positive is worse than the clean model";
    }
    double delta = results.get(0).downstream().deltaCe();
    if (delta > 0) {
      return "positive: WORSE than the clean model";
    }
    if (delta < 0) {
      return "negative: better than the clean model";
    }
    return delta == 0 ? "as good as the clean model" : "positive is worse than the clean model";
  }

  private void baselines() {
    table.heading("Against zero and the mean activation in its place");
    line("ce_loss_score", Figures::of, "1 is as the clean model, 0 as zero ablation");
    line("kl_score", Figures::of, "the same in terms of kl");
    line("ce_zero", Figures::of, "nats");
    line("ce_mean", Figures::of, "nats; mean " + results.get(0).options().meanBaseline());
    line("kl_zero", Figures::of, "nats");
    line("kl_mean", Figures::of, "nats");
  }

  private void reconstruction() {
    table.heading("Reconstruction");
    line("mse", Figures::of, "");
    line("normalized_mse", Figures::of, "share of the variance");
    line("explained_variance", Figures::of, "");
    line("cosine_similarity", Figures::of, "");
    line("l2_ratio", Figures::of, "norm of the reconstruction over the activation's");
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
    List<FeatureDensity.Histogram> histograms =
        results.stream().map(result -> result.density().histogram()).toList();
    count("never", histograms.stream().map(FeatureDensity.Histogram::dead).toList());
    int bins = histograms.get(0).counts().length;
    int decades = (int) -histograms.get(0).log10Edges()[0];
    int binsEach = bins / decades;
    for (int decade = -decades; decade < 0; decade++) {
      int from = (decade + decades) * binsEach;
      String label = String.format(Locale.ROOT, "1e%d to 1e%d", decade, decade + 1);
      List<Long> counts =
          histograms.stream()
              .map(histogram -> sum(histogram.counts(), from, from + binsEach))
              .toList();
      if (counts.stream().anyMatch(count -> count > 0)) {
        count(label, counts);
      }
    }
  }

  private static long sum(long[] counts, int from, int to) {
    return IntStream.range(from, to).mapToLong(i -> counts[i]).sum();
  }

  private void count(String label, List<Long> counts) {
    table.line("  " + label, counts.stream().map(String::valueOf).toList(), "");
  }

  private void speed() {
    table.heading("Run");
    line("tokens", value -> String.valueOf((long) value), "counted");
    table.line(
        "  sequences",
        results.stream().map(result -> String.valueOf(result.sequences())).toList(),
        sequences());
    line("seconds", Figures::of, "");
    line("tokens_per_second", Figures::of, "");
  }

  private void line(String key, DoubleFunction<String> format, String remark) {
    ToDoubleFunction<EvaluationResult> value = result -> result.values().get(key);
    List<String> figures = results.stream().mapToDouble(value).mapToObj(format).toList();
    table.line("  " + key, figures, remark);
  }

  /** Half the length of intervals, where there are any. */
  private void plusOrMinus(String key) {
    if (results.get(0).replicates().missing().isEmpty()) {
      List<String> halves =
          results.stream()
              .map(result -> result.replicates().ci95(key))
              .map(ci95 -> ci95.map(ci -> "±" + Figures.of(ci.width() / 2)).orElse("-"))
              .toList();
      table.line("", halves, "half the 95 % interval" + ends(key));
    }
  }

  private String ends(String key) {
    return results.size() > 1
        ? ""
        : results
            .get(0)
            .replicates()
            .ci95(key)
            .map(ci -> ", from %s to %s".formatted(Figures.of(ci.low()), Figures.of(ci.high())))
            .orElse("");
  }

  private String sequences() {
    EvaluationResult first = results.get(0);
    if (first.stoppedEarly()) {
      return "then kl was sure: its interval is narrower than "
          + Figures.of(first.options().untilCi().orElseThrow());
    }
    return first.replicates().missing().orElse("");
  }

  private void undefined(PrintWriter out) {
    List<String> lines = new ArrayList<>();
    for (EvaluationResult result : results) {
      result.undefined().forEach((key, reason) -> lines.add(key + " is undefined: " + reason));
    }
    lines.stream().distinct().forEach(out::println);
  }
}
