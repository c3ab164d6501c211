package org.sae4j;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Objects;
import org.sae4j.memory.Floats;
import org.sae4j.memory.Lifespan;
import org.sae4j.tokens.Sequences;

/**
 * The logits of one run: a window on the engine's memory, not a copy.
 *
 * <p>Rows are the tokens that the run was asked for, in order: [rows, vocabulary]. Good until the
 * next run of its session. Buffers taken from it stay safe to touch for ever, but then hold
 * something else.
 */
public final class Logits {
  private final Sequences sequences;
  private final int[] tokens; // [rows], ascending
  private final int vocabulary;
  private final FloatBuffer floats;
  private final Lifespan lifespan;

  Logits(Sequences sequences, int[] tokens, int vocabulary, FloatBuffer floats, Lifespan lifespan) {
    this.sequences = sequences;
    this.tokens = tokens;
    this.vocabulary = vocabulary;
    this.floats = floats;
    this.lifespan = lifespan;
  }

  /** The sequences that were run. */
  public Sequences sequences() {
    return sequences;
  }

  /** The number of rows. */
  public int rows() {
    return tokens.length;
  }

  /** The number of floats in a row: one for each token id. */
  public int vocabulary() {
    return vocabulary;
  }

  /** All rows, [rows, vocabulary]. */
  public FloatBuffer floats() {
    lifespan.require();
    return floats.duplicate();
  }

  /**
   * One row, [vocabulary].
   *
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public FloatBuffer row(int row) {
    lifespan.require();
    Objects.checkIndex(row, rows());
    return floats.slice(row * vocabulary, vocabulary);
  }

  /**
   * The row of a position in a sequence, [vocabulary].
   *
   * @throws IllegalArgumentException if the run was not asked for it
   */
  public FloatBuffer row(int sequence, int position) {
    return row(rowOf(sequence, position));
  }

  /** Tells whether the run was asked for a position. */
  public boolean has(int sequence, int position) {
    return Arrays.binarySearch(tokens, sequences.index(sequence, position)) >= 0;
  }

  /** One logit: that of a next token after a position. */
  public float get(int sequence, int position, int token) {
    lifespan.require();
    if (token < 0 || token >= vocabulary) {
      throw new IndexOutOfBoundsException("token " + token + " of " + vocabulary);
    }
    return floats.get(rowOf(sequence, position) * vocabulary + token);
  }

  private int rowOf(int sequence, int position) {
    int row = Arrays.binarySearch(tokens, sequences.index(sequence, position));
    if (row < 0) {
      throw new IllegalArgumentException(
          "this run kept no logits of position " + position + " in sequence " + sequence);
    }
    return row;
  }

  /** A copy of all rows, [rows, vocabulary]. */
  public float[] toArray() {
    float[] copy = Floats.of(rows(), vocabulary, "logits");
    floats().get(copy);
    return copy;
  }
}
