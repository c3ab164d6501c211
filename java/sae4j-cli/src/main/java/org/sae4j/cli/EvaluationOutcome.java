package org.sae4j.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.sae4j.EvaluationOptions;
import org.sae4j.EvaluationResult;
import org.sae4j.HookPoint;

/** How an evaluation was done, and whether it found all it was to find. */
final class EvaluationOutcome {
  private EvaluationOutcome() {}

  /** A number that is none is a failure, even if its reason is known and everything is written. */
  static int exitCode(List<EvaluationResult> results, PrintWriter err) {
    Set<String> undefined = new TreeSet<>();
    results.forEach(result -> undefined.addAll(result.undefined().keySet()));
    if (undefined.isEmpty()) {
      return ExitCode.DONE;
    }
    err.println("undefined results: " + String.join(", ", undefined));
    return ExitCode.FAILED;
  }

  /** Writes down the options that the results carry. */
  static void describe(List<EvaluationResult> results, JsonDocument document) {
    List<String> hooks =
        results.stream().map(EvaluationResult::hook).map(HookPoint::name).distinct().toList();
    EvaluationOptions options = results.get(0).options();
    document
        .option("hook", hooks.size() == 1 ? Optional.of(hooks.get(0)) : Optional.of(hooks))
        .option("replaced", options.replaced().toString())
        .option("counted", options.counted().toString())
        .option("kl_positions", options.klPositions().name().toLowerCase(Locale.ROOT))
        .option("mean_baseline", options.meanBaseline().toString())
        .option("batch_tokens", options.batchTokens());
  }
}
