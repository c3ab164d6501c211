package org.sae4j;

import java.util.Objects;
import org.sae4j.memory.Floats;

/**
 * Activations to put at one position, one run each, and what is wanted of each.
 *
 * <p>Start from {@link #at}. The arrays are the record's own: do not write to them.
 *
 * @param position t, from 0
 * @param future T, at least 1: positions t … t + T − 1 are compared
 * @param base [width] the activation at t of the run that patches are compared with
 * @param values [patches, width] the activation at t of each patch
 * @param topTokens how many of the tokens that rise and fall most each effect has
 * @param logits whether each effect has the logits of the T positions
 */
public record Patches(
    int position, int future, float[] base, float[] values, int topTokens, boolean logits) {

  public Patches {
    Objects.requireNonNull(base, "base");
    Objects.requireNonNull(values, "values");
    if (position < 0) {
      throw new IllegalArgumentException("position must be at least 0, not " + position);
    }
    if (future < 1) {
      throw new IllegalArgumentException("future must be at least 1, not " + future);
    }
    if (base.length == 0 || values.length % base.length != 0) {
      throw new IllegalArgumentException(
          "values: expected rows of %d floats, the base's width, found %d floats"
              .formatted(base.length, values.length));
    }
    if (topTokens < 0) {
      throw new IllegalArgumentException("topTokens must be at least 0, not " + topTokens);
    }
  }

  /**
   * Puts other activations at one position.
   *
   * @param base [width]
   * @param rows [width] each, copied
   */
  public static Patches at(int position, int future, float[] base, float[]... rows) {
    float[] values = Floats.of(rows.length, base.length, "patches");
    for (int i = 0; i < rows.length; i++) {
      if (rows[i].length != base.length) {
        throw new IllegalArgumentException(
            "patch %d: expected %d floats, the base's width, found %d"
                .formatted(i, base.length, rows[i].length));
      }
      System.arraycopy(rows[i], 0, values, i * base.length, base.length);
    }
    return new Patches(position, future, base.clone(), values, 0, false);
  }

  /** The same patches, with this many tokens that rise and fall most. */
  public Patches withTopTokens(int topTokens) {
    return new Patches(position, future, base, values, topTokens, logits);
  }

  /** The same patches, with or without their logits. */
  public Patches withLogits(boolean logits) {
    return new Patches(position, future, base, values, topTokens, logits);
  }

  /** The number of patches. */
  public int count() {
    return values.length / base.length;
  }

  /** The number of floats in an activation. */
  public int width() {
    return base.length;
  }
}
