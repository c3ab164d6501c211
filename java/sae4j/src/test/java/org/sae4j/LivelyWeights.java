package org.sae4j;

import java.util.SplittableRandom;

/**
 * Random weights large enough for every part of a model to matter to its predictions.
 *
 * @param seed weights with the same seed are the same
 */
public record LivelyWeights(long seed) implements ModelWeights {
  @Override
  public float[] tensor(String name, int rows, int columns) {
    SplittableRandom random = new SplittableRandom(seed * 31 + name.hashCode());
    boolean norm = name.endsWith("_norm.weight");
    double deviation = norm ? 0.1 : 1 / Math.sqrt(columns);
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((norm ? 1 : 0) + deviation * random.nextGaussian());
    }
    return values;
  }
}
