package org.sae4j.bench;

import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;
import org.sae4j.Model;
import org.sae4j.ModelOptions;
import org.sae4j.Precision;
import org.sae4j.arch.HookPoint;
import org.sae4j.arch.ModelShape;
import org.sae4j.tokens.Sequences;

/**
 * The work that is measured: GPT-2 small's shape, a TopK SAE, a batch of 8 x 128 tokens; random
 * weights and tokens. {@code peers.py} has the same numbers.
 */
final class Gpt2Small {
  static final ModelShape SHAPE = new ModelShape(12, 12, 768, 3072, 1024, 50257, true, 1e-5f);
  static final int LAYER = 8;
  static final HookPoint HOOK = HookPoint.residPost(LAYER);
  static final int LATENTS = 32768;
  static final int K = 32;
  static final int SEQUENCES = 8;
  static final int LENGTH = 128;
  static final int TOKENS = SEQUENCES * LENGTH;

  private static final double DEVIATION = 0.02;

  private Gpt2Small() {}

  static Model model(Precision precision) {
    return Model.of(SHAPE, Gpt2Small::tensor, ModelOptions.defaults().withPrecision(precision));
  }

  /** A tensor of the model by its GGUF name. */
  static float[] tensor(String name, int rows, int columns) {
    if (name.endsWith("_norm.weight")) {
      float[] ones = new float[columns];
      Arrays.fill(ones, 1);
      return ones;
    }
    return normal(name.hashCode(), rows * columns, DEVIATION);
  }

  /** Encoder or decoder rows [latents, d] of the SAE. */
  static float[] saeRows(String name, int latents, int d) {
    return normal(name.hashCode(), latents * d, DEVIATION);
  }

  static float[] normal(long seed, int count, double deviation) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return values;
  }

  static Sequences sequences(int count, int length) {
    Random random = new Random(1);
    int[][] tokens = new int[count][];
    for (int s = 0; s < count; s++) {
      tokens[s] = random.ints(length, 0, SHAPE.vocabulary()).toArray();
    }
    return Sequences.of(tokens);
  }

  /**
   * Floating-point operations of the matrix products of one block, attention's causal half only.
   */
  static double blockFlops() {
    double d = SHAPE.embedding();
    double linear = 2.0 * TOKENS * (4 * d * d + 2 * d * SHAPE.feedForward());
    double attention = SEQUENCES * 4 * d * LENGTH * (LENGTH + 1) / 2;
    return linear + attention;
  }

  /** The same of the unembedding of so many rows. */
  static double headFlops(double rows) {
    return 2 * rows * SHAPE.embedding() * SHAPE.vocabulary();
  }
}
