package org.sae4j.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.sae4j.Checkpoint;
import org.sae4j.Corpus;
import org.sae4j.Evaluation;
import org.sae4j.EvaluationOptions;
import org.sae4j.EvaluationResult;
import org.sae4j.FormatException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How far an evaluation goes, and what it leaves behind on its way. */
final class EvaluationRun {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--until-ci",
      paramLabel = "W",
      description =
          "Stop once the 95 %% interval of every SAE's KL is narrower than W nats (looked at after"
              + " each batch, from 30 sequences on). Stopping when numbers look sure makes them"
              + " look a little surer than they are.")
  private Optional<Double> untilCi = Optional.empty();

  @Option(
      names = "--per-sequence",
      paramLabel = "FILE.jsonl",
      description = "Write what each SAE does on each sequence, one JSON value a line.")
  private Optional<Path> perSequence = Optional.empty();

  @Option(
      names = "--resume",
      description =
          "Keep what was done in a checkpoint beside --json FILE, and go on from it if it is"
              + " there, after Ctrl-C or worse: to the same results.")
  private boolean resume;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "SECONDS",
      converter = IndexConverter.class,
      description =
          "How often --resume writes the checkpoint, at most; 0 is after each batch (default: 30).")
  private Optional<Integer> checkpointEvery = Optional.empty();

  private Optional<Checkpoint> checkpoint = Optional.empty();

  /** Fails if the options do not go together, or what they ask for cannot be written. */
  void requireSense(JsonOption json) throws IOException {
    if (untilCi.isPresent() && !(untilCi.get() > 0 && untilCi.get() < Double.MAX_VALUE)) {
      throw wrongUsage("--until-ci: expected a width above 0, found " + untilCi.get());
    }
    if (resume && !json.isFile()) {
      throw wrongUsage("--resume needs --json FILE");
    }
    if (checkpointEvery.isPresent() && !resume) {
      throw wrongUsage("--checkpoint-every is for --resume");
    }
    if (perSequence.isPresent()) {
      OutputFile.requireWritable(perSequence.get());
    }
    if (!resume && json.isFile() && Files.exists(checkpoint(json.file()))) {
      throw new IOException(
          checkpoint(json.file())
              + ": a run that did not end left it behind: give --resume, or delete it");
    }
  }

  private ParameterException wrongUsage(String message) {
    return new ParameterException(command.commandLine(), message);
  }

  private static Path checkpoint(Path json) {
    return json.resolveSibling(json.getFileName() + ".checkpoint");
  }

  boolean isResumable() {
    return resume;
  }

  EvaluationOptions addTo(EvaluationOptions options) {
    return untilCi.map(options::withUntilCi).orElse(options);
  }

  /**
   * Finds out whether there is something to go on with; for a run that is resumable.
   *
   * @param header says which run it is
   * @throws FormatException if there is something of another run
   */
  void prepare(JsonOption json, JsonObject header) throws IOException {
    Path file = checkpoint(json.file());
    Optional<String> before = Checkpoint.identity(file);
    if (before.isPresent()) {
      List<String> differences = JsonDifference.between(parse(file, before.get()), header);
      if (!differences.isEmpty()) {
        throw FormatException.of(
            file, "--resume needs the same run again: " + String.join("; ", differences));
      }
    }
    Duration every = Duration.ofSeconds(checkpointEvery.orElse(30));
    checkpoint = Optional.of(new Checkpoint(file, JsonDocument.line(header), every));
  }

  private static JsonObject parse(Path file, String identity) throws FormatException {
    try {
      return JsonParser.parseString(identity).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      throw FormatException.of(file, "this is the checkpoint of something else", e);
    }
  }

  /** Where each sequence goes. */
  SequenceLines sequences(List<Path> saes) throws IOException {
    return perSequence.isPresent()
        ? SequenceLines.to(perSequence.get(), saes, resume)
        : SequenceLines.nowhere();
  }

  List<EvaluationResult> run(Evaluation evaluation, Corpus corpus, SequenceLines sequences)
      throws IOException {
    try (ProgressDisplay progress = ProgressDisplay.ofTokens("eval")) {
      Evaluation watched = evaluation.onProgress(progress::update).onSequence(sequences::add);
      return checkpoint.map(watched::resuming).orElse(watched).runAll(corpus);
    }
  }

  /** Removes what only an unfinished run needs. */
  void done() throws IOException {
    if (checkpoint.isPresent()) {
      checkpoint.get().delete();
    }
  }
}
