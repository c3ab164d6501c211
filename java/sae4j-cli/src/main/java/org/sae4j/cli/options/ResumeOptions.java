package org.sae4j.cli.options;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.sae4j.cli.files.SameRun;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.format.FormatException;
import org.sae4j.pass.Checkpoint;
import org.sae4j.results.JsonDocument;
import org.sae4j.results.JsonObjects;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options {@code --resume} and {@code --checkpoint-every}. */
public final class ResumeOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--resume",
      description =
          "Keep a checkpoint beside --json FILE, and continue from it if it is there, after Ctrl-C"
              + " or a crash, to the same results.")
  private boolean wanted;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "SECONDS",
      converter = IndexConverter.class,
      description =
          "The least time between two checkpoints; 0 writes one after each batch (default: 30).")
  private Optional<Integer> every = Optional.empty();

  private Optional<Checkpoint> checkpoint = Optional.empty();

  /** Fails if the options do not go together, or an unfinished run would be forgotten. */
  public void requireSense(JsonOption json) throws IOException {
    if (wanted && !json.isFile()) {
      throw new ParameterException(command.commandLine(), "--resume needs --json FILE");
    }
    if (every.isPresent() && !wanted) {
      throw new ParameterException(command.commandLine(), "--checkpoint-every is for --resume");
    }
    if (!wanted && json.isFile() && Files.exists(file(json))) {
      throw new IOException(
          file(json) + ": left behind by an unfinished run: give --resume, or delete it");
    }
  }

  private static Path file(JsonOption json) {
    return json.file().resolveSibling(json.file().getFileName() + ".checkpoint");
  }

  public boolean wanted() {
    return wanted;
  }

  /**
   * Finds out whether there is something to go on with, if that is wanted.
   *
   * @param document identifies the run; it has no text or tokens yet
   * @return what keeps other processes off the checkpoint until it is closed
   * @throws FormatException if there is something of another run
   * @throws IOException if another process is at it
   */
  public Closeable prepare(JsonOption json, JsonDocument document, Input input) throws IOException {
    if (!wanted) {
      return () -> {};
    }
    Closeable reserved = Checkpoint.reserve(file(json));
    try {
      find(json, document, input);
      return reserved;
    } catch (Throwable e) {
      reserved.close();
      throw e;
    }
  }

  private void find(JsonOption json, JsonDocument document, Input input) throws IOException {
    JsonObject header = document.header().deepCopy();
    input.files().forEach(header.getAsJsonArray("inputs")::add);
    Path file = file(json);
    Optional<String> before = Checkpoint.identity(file);
    if (before.isPresent()) {
      SameRun.require(file, parse(file, before.get()), header);
    }
    checkpoint =
        Optional.of(
            new Checkpoint(file, JsonDocument.line(header), Duration.ofSeconds(every.orElse(30))));
  }

  private static JsonObject parse(Path file, String identity) throws FormatException {
    try {
      return JsonObjects.object(identity);
    } catch (JsonParseException | IllegalStateException | IOException e) {
      throw FormatException.of(file, "this is the checkpoint of something else", e);
    }
  }

  /** Where the run keeps what it has found, once that is prepared. */
  public Optional<Checkpoint> checkpoint() {
    return checkpoint;
  }

  /** Removes what only an unfinished run needs. */
  public void done() throws IOException {
    if (checkpoint.isPresent()) {
      checkpoint.get().delete();
    }
  }

  /** Says of an interrupted run that it can go on, if so, and what the process ends with. */
  public int interrupted(CancellationException e) {
    if (!wanted) {
      throw e;
    }
    command
        .commandLine()
        .getErr()
        .printf("%s: %s; --resume goes on%n", command.qualifiedName(), e.getMessage());
    return ExitCode.INTERRUPTED;
  }
}
