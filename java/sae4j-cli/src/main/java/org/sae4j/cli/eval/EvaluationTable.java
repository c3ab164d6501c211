package org.sae4j.cli.eval;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.sae4j.cli.terminal.AlignedTable;
import org.sae4j.cli.terminal.Figures;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.eval.FeatureDensity;
import org.sae4j.eval.Metric;
import org.sae4j.stats.Interval;

/** Prints the results of {@code eval} for one SAE: one line per number. */
final class EvaluationTable {
  private final EvaluationResult result;
  private final AlignedTable table = new AlignedTable();

  private EvaluationTable(EvaluationResult result) {
    this.result = result;
  }

  static void print(EvaluationResult result, PrintWriter out) {
    EvaluationTable table = new EvaluationTable(result);
    for (Metric.Group group : Metric.Group.values()) {
      heading(group).ifPresent(table.table::heading);
      Arrays.stream(Metric.values()).filter(m -> m.group() == group).forEach(table::line);
    }
    table.density();
    table.speed();
    table.table.print(out);
  }

  /** What a group begins with; the baselines go on with the scores against them. */
  private static Optional<String> heading(Metric.Group group) {
    return switch (group) {
      case PREDICTIONS ->
          Optional.of("Predictions with the reconstruction in place of the activation");
      case SCORES -> Optional.of("Baselines: zero or the mean in place of the activation");
      case BASELINES -> Optional.empty();
      case RECONSTRUCTION -> Optional.of("Reconstruction");
      case SPARSITY -> Optional.of("Sparsity");
    };
  }

  private void line(Metric metric) {
    String figure = Figures.of(metric, result.get(metric));
    table.line("  " + metric.key(), List.of(figure), metric.remark(result));
    if (metric == Metric.KL || metric == Metric.DELTA_CE) {
      plusOrMinus(metric.key());
    }
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
    table.line("  tokens", List.of(String.valueOf(result.tokens())), "counted");
    String sequences = String.valueOf(result.sequences());
    table.line("  sequences", List.of(sequences), EvaluationOutcome.ofSequences(result));
    table.line("  seconds", List.of(Figures.of(result.seconds())), "");
    table.line("  tokens_per_second", List.of(Figures.of(result.tokensPerSecond())), "");
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
