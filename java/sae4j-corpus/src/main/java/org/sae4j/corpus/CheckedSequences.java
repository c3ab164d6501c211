package org.sae4j.corpus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.sae4j.arch.ModelShape;
import org.sae4j.format.FormatException;
import org.sae4j.tokens.Corpus;

/** The sequences in a file, checked that a model can run them. */
final class CheckedSequences implements Corpus.Reading {
  private final Path file;
  private final Corpus.Reading sequences;
  private final ModelShape shape;
  private long sequence;

  CheckedSequences(Path file, Corpus.Reading sequences, ModelShape shape) {
    this.file = file;
    this.sequences = sequences;
    this.shape = shape;
  }

  @Override
  public Optional<int[]> next() throws IOException {
    Optional<int[]> next = sequences.next();
    if (next.isPresent()) {
      check(next.get());
      sequence++;
    }
    return next;
  }

  private void check(int[] ids) throws FormatException {
    if (ids.length == 0) {
      throw FormatException.of(file, "sequence " + sequence + " is empty");
    }
    if (ids.length > shape.context()) {
      throw FormatException.mismatch(
          file,
          "sequence " + sequence,
          "at most %d ids, the model's context".formatted(shape.context()),
          ids.length);
    }
    for (int position = 0; position < ids.length; position++) {
      if (ids[position] < 0 || ids[position] >= shape.vocabulary()) {
        throw wrongId(file, sequence, position, shape.vocabulary() - 1, ids[position]);
      }
    }
  }

  /** Refuses what is far from any token id, before it is narrowed. */
  static void requireInt(Path file, long sequence, long position, long id) throws FormatException {
    if (id < 0 || id > Integer.MAX_VALUE) {
      throw wrongId(file, sequence, position, Integer.MAX_VALUE, id);
    }
  }

  private static FormatException wrongId(
      Path file, long sequence, long position, int largest, long id) {
    return FormatException.mismatch(
        file,
        "sequence %d, position %d".formatted(sequence, position),
        "a token id from 0 to " + largest,
        id);
  }

  @Override
  public void close() throws IOException {
    sequences.close();
  }
}
