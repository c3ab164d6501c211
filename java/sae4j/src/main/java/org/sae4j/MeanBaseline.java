package org.sae4j;

import java.util.Arrays;

/** Whether the activation is also replaced by its mean, for comparison, and which mean. */
public sealed interface MeanBaseline {

  /** No such run. */
  static MeanBaseline none() {
    return new None();
  }

  /** The mean over the counted tokens themselves, found by a first pass over the model's front. */
  static MeanBaseline measured() {
    return new Measured();
  }

  /**
   * A mean from elsewhere.
   *
   * @param mean [width], copied
   */
  static MeanBaseline given(float[] mean) {
    return new Given(mean);
  }

  /** No run with the mean. */
  record None() implements MeanBaseline {
    @Override
    public String toString() {
      return "none";
    }
  }

  /** The mean over the counted tokens. */
  record Measured() implements MeanBaseline {
    @Override
    public String toString() {
      return "measured";
    }
  }

  /**
   * A mean from elsewhere.
   *
   * @param mean [width]; the record's own, do not write to it
   */
  record Given(float[] mean) implements MeanBaseline {
    public Given {
      mean = mean.clone();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Given that && Arrays.equals(mean, that.mean);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(mean);
    }

    @Override
    public String toString() {
      return "given";
    }
  }
}
