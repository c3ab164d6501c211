package org.sae4j.tokens;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.sae4j.arch.ModelShape;

/**
 * Token sequences that a model runs as one batch.
 *
 * <p>Immutable. There is at least one sequence and none is empty; lengths may differ. "Token" also
 * means an index into all tokens, the sequences lying one after another.
 */
public final class Sequences implements Corpus {
  private final int[] ids; // [tokens]
  private final int[] starts; // [count + 1]

  private Sequences(List<int[]> sequences) {
    if (sequences.isEmpty()) {
      throw new IllegalArgumentException("there is no sequence");
    }
    starts = new int[sequences.size() + 1];
    for (int s = 0; s < sequences.size(); s++) {
      if (sequences.get(s).length == 0) {
        throw new IllegalArgumentException("sequence " + s + " is empty");
      }
      starts[s + 1] = Math.addExact(starts[s], sequences.get(s).length);
    }
    ids = new int[starts[sequences.size()]];
    for (int s = 0; s < sequences.size(); s++) {
      System.arraycopy(sequences.get(s), 0, ids, starts[s], sequences.get(s).length);
    }
  }

  /**
   * Takes sequences as they are.
   *
   * @param sequences token ids, copied
   * @throws IllegalArgumentException if there is no sequence or one is empty
   */
  public static Sequences of(int[]... sequences) {
    return new Sequences(Arrays.asList(sequences));
  }

  /**
   * Splits a text's tokens into sequences of one length.
   *
   * <p>With a beginning-of-sequence token each sequence starts with it and holds one token less of
   * the text. What remains at the end becomes a shorter sequence if that has at least two tokens,
   * and is dropped otherwise.
   *
   * @param tokens token ids of the text
   * @param context the length of a sequence, at least 2
   * @param bos the token to begin each sequence with
   * @throws IllegalArgumentException if not even one sequence of two tokens results
   */
  public static Sequences split(int[] tokens, int context, OptionalInt bos) {
    if (context < 2) {
      throw new IllegalArgumentException("context must be at least 2, not " + context);
    }
    int extra = bos.isPresent() ? 1 : 0;
    List<int[]> sequences = new ArrayList<>();
    for (int from = 0; from < tokens.length; from += context - extra) {
      int[] sequence = new int[Math.min(context, tokens.length - from + extra)];
      bos.ifPresent(id -> sequence[0] = id);
      System.arraycopy(tokens, from, sequence, extra, sequence.length - extra);
      if (sequence.length >= 2) {
        sequences.add(sequence);
      }
    }
    if (sequences.isEmpty()) {
      throw new IllegalArgumentException(
          tokens.length + " tokens of text do not make a sequence of two tokens");
    }
    return new Sequences(sequences);
  }

  /**
   * Reads a corpus into memory.
   *
   * @throws IllegalArgumentException if it has no sequence
   */
  public static Sequences read(Corpus corpus) throws IOException {
    try (Reading reading = corpus.open()) {
      return read(reading);
    }
  }

  private static Sequences read(Reading reading) throws IOException {
    List<int[]> sequences = new ArrayList<>();
    Optional<int[]> next = reading.next();
    while (next.isPresent()) {
      sequences.add(next.get());
      next = reading.next();
    }
    return new Sequences(sequences);
  }

  /**
   * Reads sequences from a JSON file, {@code [[id, id, …], …]}.
   *
   * @throws org.sae4j.format.FormatException if the file holds anything else
   */
  public static Sequences fromJson(Path file) throws IOException {
    try (JsonSequences reading = new JsonSequences(file, Files.newBufferedReader(file))) {
      return read(reading);
    }
  }

  @Override
  public Reading open() {
    return new Reading() {
      private int next;

      @Override
      public Optional<int[]> next() {
        return next < count() ? Optional.of(sequence(next++)) : Optional.empty();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public OptionalLong knownTokens() {
    return OptionalLong.of(tokens());
  }

  /** The number of sequences. */
  public int count() {
    return starts.length - 1;
  }

  /** The number of tokens in all sequences. */
  public int tokens() {
    return ids.length;
  }

  /** The number of tokens in one sequence. */
  public int length(int sequence) {
    return starts[sequence + 1] - starts[sequence];
  }

  /** The number of tokens in the longest sequence. */
  public int longest() {
    int longest = 0;
    for (int s = 0; s < count(); s++) {
      longest = Math.max(longest, length(s));
    }
    return longest;
  }

  /** The id of a token. */
  public int token(int sequence, int position) {
    return ids[index(sequence, position)];
  }

  /** The ids of one sequence, a copy. */
  public int[] sequence(int sequence) {
    return Arrays.copyOfRange(ids, starts[sequence], starts[sequence + 1]);
  }

  /** The index of a sequence's first token among all tokens. */
  public int offset(int sequence) {
    Objects.checkIndex(sequence, count());
    return starts[sequence];
  }

  /**
   * The index of a token among all tokens.
   *
   * @throws IndexOutOfBoundsException if there is no such sequence, or no such position in it
   */
  public int index(int sequence, int position) {
    if (sequence < 0 || sequence >= count()) {
      throw new IndexOutOfBoundsException("sequence " + sequence + " of " + count());
    }
    if (position < 0 || position >= length(sequence)) {
      throw new IndexOutOfBoundsException(
          "position " + position + " of " + length(sequence) + " in sequence " + sequence);
    }
    return starts[sequence] + position;
  }

  /**
   * The first tokens: whole sequences, and of the last as much as fits.
   *
   * @param maxTokens at least 1
   */
  public Sequences first(int maxTokens) {
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens must be at least 1, not " + maxTokens);
    }
    if (maxTokens >= tokens()) {
      return this;
    }
    List<int[]> kept = new ArrayList<>();
    for (int s = 0; starts[s] < maxTokens; s++) {
      kept.add(Arrays.copyOfRange(ids, starts[s], Math.min(starts[s + 1], maxTokens)));
    }
    return new Sequences(kept);
  }

  /**
   * Cuts into batches of whole sequences, in order.
   *
   * @param maxTokens what a batch holds at most; a longer sequence is a batch of its own
   */
  public List<Sequences> batches(int maxTokens) {
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens must be at least 1, not " + maxTokens);
    }
    List<Sequences> batches = new ArrayList<>();
    for (int from = 0, to; from < count(); from = to) {
      to = from + 1;
      while (to < count() && starts[to + 1] - starts[from] <= maxTokens) {
        to++;
      }
      batches.add(range(from, to));
    }
    return List.copyOf(batches);
  }

  private Sequences range(int from, int to) {
    List<int[]> sequences = new ArrayList<>(to - from);
    for (int s = from; s < to; s++) {
      sequences.add(sequence(s));
    }
    return new Sequences(sequences);
  }

  /** All ids, [tokens]; this object's own, do not write to them. */
  public int[] ids() {
    return ids;
  }

  /** The lengths of the sequences, [count]. */
  public int[] lengths() {
    int[] lengths = new int[count()];
    Arrays.setAll(lengths, this::length);
    return lengths;
  }

  /** Tells of each token whether it is selected, [tokens]. */
  public boolean[] select(Positions positions) {
    boolean[] selected = new boolean[tokens()];
    for (int s = 0; s < count(); s++) {
      for (int p = 0; p < length(s); p++) {
        int token = starts[s] + p;
        selected[token] = positions.includes(p, length(s), ids[token]);
      }
    }
    return selected;
  }

  /**
   * Returns these sequences.
   *
   * @throws IllegalArgumentException if a model of this shape cannot run them
   */
  public Sequences requireFor(ModelShape shape) {
    return requireFor(shape, 0);
  }

  /**
   * The same of some sequences of a corpus.
   *
   * @param before how many come before them there
   */
  public Sequences requireFor(ModelShape shape, long before) {
    for (int s = 0; s < count(); s++) {
      if (length(s) > shape.context()) {
        throw new IllegalArgumentException(
            "sequence %d has %d tokens, the model's context has %d"
                .formatted(before + s, length(s), shape.context()));
      }
      for (int p = 0; p < length(s); p++) {
        requireToken(token(s, p), before + s, p, shape.vocabulary());
      }
    }
    return this;
  }

  private static void requireToken(int id, long sequence, int position, int vocabulary) {
    if (id < 0 || id >= vocabulary) {
      throw new IllegalArgumentException(
          "token id %d at position %d of sequence %d: the model has ids 0 to %d"
              .formatted(id, position, sequence, vocabulary - 1));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Sequences that
        && Arrays.equals(ids, that.ids)
        && Arrays.equals(starts, that.starts);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(ids) + Arrays.hashCode(starts);
  }

  @Override
  public String toString() {
    return count() + " sequences, " + tokens() + " tokens";
  }
}
