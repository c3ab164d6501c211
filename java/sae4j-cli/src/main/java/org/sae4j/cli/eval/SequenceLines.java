package org.sae4j.cli.eval;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.sae4j.cli.files.CompleteLines;
import org.sae4j.cli.files.GrowingFile;
import org.sae4j.eval.SequenceResult;
import org.sae4j.format.FormatException;
import org.sae4j.results.JsonDocument;
import org.sae4j.results.SequenceJson;

/** Writes the results of each SAE for each sequence as they come, one per line. */
final class SequenceLines implements AutoCloseable {
  private final Optional<GrowingFile> file;
  private final List<Path> saes;
  private final boolean resumable;
  private boolean begun;

  private SequenceLines(Optional<GrowingFile> file, List<Path> saes, boolean resumable) {
    this.file = file;
    this.saes = saes;
    this.resumable = resumable;
  }

  static SequenceLines nowhere() {
    return new SequenceLines(Optional.empty(), List.of(), false);
  }

  /**
   * Opens the file.
   *
   * @param resumable whether the lines of an earlier run are gone on with, and are left for one
   *     that may come
   */
  static SequenceLines to(Path target, List<Path> saes, boolean resumable) throws IOException {
    return new SequenceLines(Optional.of(new GrowingFile(target)), saes, resumable);
  }

  void add(SequenceResult result) {
    if (file.isEmpty()) {
      return;
    }
    try {
      begin(result.sequence());
      file.get().append(JsonDocument.line(SequenceJson.of(saes, result)));
      if (result.sae() == saes.size() - 1) {
        file.get().flush();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Keeps the lines of so many sequences that an earlier run has done, and no more. */
  private void begin(long done) throws IOException {
    if (begun) {
      return;
    }
    begun = true;
    long expected = done * saes.size();
    CompleteLines lines = new CompleteLines(file.get().content());
    for (long found = 0; found < expected; found++) {
      if (lines.next().isEmpty()) {
        throw FormatException.of(
            file.get().path(),
            "the run that --resume goes on with did not write it: expected %d lines, found %d"
                .formatted(expected, found));
      }
    }
    file.get().truncate(lines.end());
  }

  /**
   * Gives the file its name.
   *
   * @param sequences how many were run, by an earlier run too
   */
  void complete(long sequences) throws IOException {
    if (file.isPresent()) {
      begin(sequences);
      file.get().complete();
    }
  }

  @Override
  public void close() throws IOException {
    if (file.isPresent()) {
      file.get().close();
      if (!resumable) {
        Files.deleteIfExists(file.get().path());
      }
    }
  }
}
