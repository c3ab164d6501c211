package org.sae4j.cli.eval;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.sae4j.cli.terminal.ProgressDisplay;
import org.sae4j.eval.Evaluation;
import org.sae4j.eval.EvaluationOptions;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.format.container.AtomicFile;
import org.sae4j.pass.Checkpoint;
import org.sae4j.tokens.Corpus;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options that say when an evaluation stops and where it writes sequences. */
final class EvaluationRun {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--until-ci",
      paramLabel = "W",
      description =
          "Stop once the 95 %% interval of every SAE's KL is narrower than W nats; checked after"
              + " each batch, from 30 sequences on. Stopping this way leaves intervals a little too"
              + " narrow.")
  private Optional<Double> untilCi = Optional.empty();

  @Option(
      names = "--per-sequence",
      paramLabel = "FILE.jsonl",
      description = "Write each SAE's results for each sequence, one JSON value per line.")
  private Optional<Path> perSequence = Optional.empty();

  /** Fails if an option makes no sense, or what it asks for cannot be written. */
  void requireSense() throws IOException {
    if (untilCi.isPresent() && !(untilCi.get() > 0 && untilCi.get() < Double.MAX_VALUE)) {
      throw new ParameterException(
          command.commandLine(), "--until-ci: expected a width above 0, found " + untilCi.get());
    }
    if (perSequence.isPresent()) {
      AtomicFile.requireWritable(perSequence.get());
    }
  }

  EvaluationOptions addTo(EvaluationOptions options) {
    return untilCi.map(options::withUntilCi).orElse(options);
  }

  /**
   * Where each sequence goes.
   *
   * @param resumed whether some may be there already
   */
  SequenceLines sequences(List<Path> saes, boolean resumed) throws IOException {
    return perSequence.isPresent()
        ? SequenceLines.to(perSequence.get(), saes, resumed)
        : SequenceLines.nowhere();
  }

  static List<EvaluationResult> run(
      Evaluation evaluation,
      Corpus corpus,
      SequenceLines sequences,
      Optional<Checkpoint> checkpoint)
      throws IOException {
    try (ProgressDisplay progress = ProgressDisplay.ofTokens("eval")) {
      Evaluation watched = evaluation.onProgress(progress::update).onSequence(sequences::add);
      return checkpoint.map(watched::resuming).orElse(watched).runAll(corpus);
    }
  }
}
