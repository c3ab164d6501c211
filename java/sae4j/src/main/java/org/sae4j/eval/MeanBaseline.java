package org.sae4j.eval;

import java.util.Arrays;

/** Whether the activation is also replaced by its mean, for comparison, and which mean. */
public sealed interface MeanBaseline {
  /** How many counted tokens a measured mean is over, if the corpus has so many. */
  int MEASURED_TOKENS = 1 << 17;

  /** No such run. */
  static MeanBaseline none() {
    return new None();
  }

  /**
   * The mean over the first {@value #MEASURED_TOKENS} counted tokens of the corpus, found by a pass
   * over the model's front: the same whatever part of the corpus is evaluated.
   */
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

  /** The mean over the first counted tokens of the corpus. */
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
