package org.sae4j;

import java.nio.FloatBuffer;
import java.util.Objects;
import org.sae4j.arch.HookPoint;
import org.sae4j.memory.Floats;
import org.sae4j.memory.Lifespan;
import org.sae4j.tokens.Sequences;

/**
 * One activation of one run: a window on the engine's memory, not a copy.
 *
 * <p>Rows are tokens, the sequences one after another: [tokens, width]. In a hook, what is written
 * here is what the model goes on with; in a {@link RunResult} the run is over and writing changes
 * nothing. Good until the next run of its session. Buffers taken from it stay safe to touch for
 * ever, but then hold something else.
 */
public final class ActivationView {
  private final HookPoint point;
  private final Sequences sequences;
  private final int width;
  private final FloatBuffer floats;
  private final Lifespan lifespan;

  ActivationView(
      HookPoint point, Sequences sequences, int width, FloatBuffer floats, Lifespan lifespan) {
    this.point = point;
    this.sequences = sequences;
    this.width = width;
    this.floats = floats;
    this.lifespan = lifespan;
  }

  /** Where in the model it is. */
  public HookPoint point() {
    return point;
  }

  /** The sequences whose tokens the rows are. */
  public Sequences sequences() {
    return sequences;
  }

  /** The number of rows. */
  public int tokens() {
    return sequences.tokens();
  }

  /** The number of floats in a row. */
  public int width() {
    return width;
  }

  /** All rows, [tokens, width], for reading and writing. */
  public FloatBuffer floats() {
    lifespan.require();
    return floats.duplicate();
  }

  /**
   * The row of a token, [width], counted through all sequences.
   *
   * @throws IndexOutOfBoundsException if there is no such token
   */
  public FloatBuffer row(int token) {
    lifespan.require();
    Objects.checkIndex(token, tokens());
    return floats.slice(token * width, width);
  }

  /** The row of a position in a sequence, [width]. */
  public FloatBuffer row(int sequence, int position) {
    return row(sequences.index(sequence, position));
  }

  /** One number. */
  public float get(int sequence, int position, int channel) {
    lifespan.require();
    return floats.get(at(sequence, position, channel));
  }

  /** Overwrites one number. */
  public void set(int sequence, int position, int channel, float value) {
    lifespan.require();
    floats.put(at(sequence, position, channel), value);
  }

  private int at(int sequence, int position, int channel) {
    if (channel < 0 || channel >= width) {
      throw new IndexOutOfBoundsException("channel " + channel + " of " + width);
    }
    return sequences.index(sequence, position) * width + channel;
  }

  /** A copy of all rows, [tokens, width]. */
  public float[] toArray() {
    float[] copy = Floats.of(tokens(), width, point.name());
    floats().get(copy);
    return copy;
  }
}
