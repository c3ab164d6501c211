package org.sae4j.cli.eval;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.sae4j.cli.options.SaeHeaders;
import org.sae4j.cli.terminal.AlignedTable;
import org.sae4j.cli.terminal.Figures;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.eval.Metric;
import org.sae4j.format.sae.SaeFile;
import org.sae4j.results.PairedJson;
import org.sae4j.results.SaeDescription;
import org.sae4j.results.SaeNames;
import org.sae4j.stats.Interval;

/** Prints the results of {@code eval} for several SAEs: one line each, the best first. */
final class EvaluationRanking {
  private static final int NAME = 28; // letters, so that a line has at most 120

  private final List<EvaluationResult> results; // the best first, as all lists here
  private final SaeHeaders headers;
  private final List<String> numbers;
  private final List<String> labels;

  private EvaluationRanking(
      List<EvaluationResult> results, SaeHeaders headers, List<Integer> order) {
    this.results = results;
    this.headers = headers;
    this.numbers = order.stream().map(SaeNames::number).toList();
    this.labels = labels();
  }

  /**
   * Prints them.
   *
   * @param headers of the same SAEs, in the same order
   */
  static void print(List<EvaluationResult> results, SaeHeaders headers, PrintWriter out) {
    List<Integer> order = PairedJson.byKl(results);
    List<EvaluationResult> ranked = order.stream().map(results::get).toList();
    EvaluationRanking ranking = new EvaluationRanking(ranked, headers.inOrder(order), order);
    ranking.run(out);
    ranking.table().print(out);
    ranking.verdict().ifPresent(out::println);
    PairedTable.print(ranking.labels, ranked, out);
    ranking.legend(out);
  }

  /** A number and a short name for each. */
  private List<String> labels() {
    List<String> paths = headers.files().stream().map(SaeFile::path).map(Path::toString).toList();
    List<String> names = SaeNames.shortened(SaeNames.of(paths), NAME);
    return IntStream.range(0, names.size()).mapToObj(i -> column(i) + names.get(i)).toList();
  }

  private String column(int i) {
    int letters = numbers.stream().mapToInt(String::length).max().orElse(0);
    return String.format(Locale.ROOT, "%-" + letters + "s ", numbers.get(i));
  }

  private void run(PrintWriter out) {
    EvaluationResult first = results.get(0);
    String remark = EvaluationOutcome.ofSequences(first);
    out.println(
        "Run       %s counted in %s%s; ce_clean %s; all SAEs took %s seconds"
            .formatted(
                Figures.count(first.tokens(), "token"),
                Figures.count(first.sequences(), "sequence"),
                remark.isEmpty() ? "" : ", " + remark,
                Figures.of(first.get(Metric.CE_CLEAN)),
                Figures.of(first.seconds())));
  }

  private AlignedTable table() {
    AlignedTable table = new AlignedTable();
    boolean sure = results.get(0).replicates().missing().isEmpty();
    table.heading(
        results.size()
            + " SAEs by kl in nats, best first"
            + (sure ? "; ± is half the 95 % interval" : ""));
    table.line("", List.of("kl", "delta_ce", "explained_variance", "l0"), "at");
    for (int i = 0; i < results.size(); i++) {
      table.line(labels.get(i), figures(results.get(i)), headers.hooks().get(i).toString());
    }
    return table;
  }

  private static List<String> figures(EvaluationResult result) {
    Optional<Interval> ci95 = result.replicates().ci95("kl");
    String kl = Figures.of(result.get(Metric.KL));
    return List.of(
        kl + ci95.map(ci -> " " + Figures.plusOrMinus(ci)).orElse(""),
        Figures.signed(result.get(Metric.DELTA_CE)),
        Figures.of(result.get(Metric.EXPLAINED_VARIANCE)),
        Figures.of(result.get(Metric.L0)));
  }

  /** Which SAEs may be as good as the first one, if there are intervals to tell. */
  private Optional<String> verdict() {
    if (results.get(0).replicates().missing().isPresent()) {
      return Optional.empty();
    }
    String others =
        IntStream.range(1, results.size())
            .filter(this::mayBeAsGood)
            .mapToObj(numbers::get)
            .collect(Collectors.joining(", "));
    return Optional.of(
        others.isEmpty()
            ? "By kl, %s is best: the 95 %% interval of each difference excludes 0"
                .formatted(numbers.get(0))
            : "By kl, %s may be as good as %s: the 95 %% interval of the difference includes 0"
                .formatted(others, numbers.get(0)));
  }

  private boolean mayBeAsGood(int i) {
    Optional<Interval> difference = results.get(i).minus(results.get(0), "kl").ci95();
    return difference.map(ci -> ci.low() <= 0).orElse(false);
  }

  /** Which files the SAEs are, and what they were understood to be. */
  private void legend(PrintWriter out) {
    out.println();
    out.println("The SAEs; --json has all numbers of each");
    for (int i = 0; i < results.size(); i++) {
      SaeFile file = headers.files().get(i);
      out.println(column(i) + file.path() + ": " + SaeDescription.text(file.config()));
    }
  }
}
