package org.sae4j;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.sae4j.memory.Floats;

/**
 * Weights as GPT-2's are before training: normal with standard deviation 0.02, norms at 1.
 *
 * @param seed weights with the same seed are the same
 */
record RandomWeights(long seed) implements ModelWeights {
  private static final double DEVIATION = 0.02;

  @Override
  public float[] tensor(String name, int rows, int columns) {
    float[] values = Floats.of(rows, columns, name);
    if (name.endsWith("_norm.weight")) {
      Arrays.fill(values, 1);
      return values;
    }
    // Of the name too, so that a tensor does not depend on those before it.
    SplittableRandom random = new SplittableRandom(seed * 31 + name.hashCode());
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (DEVIATION * random.nextGaussian());
    }
    return values;
  }
}
