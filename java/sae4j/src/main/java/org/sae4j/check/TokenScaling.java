package org.sae4j.check;

import java.util.Arrays;
import org.sae4j.format.Normalization;

/**
 * A shift and a scale for each token: what a normalisation of an SAE's input does to it.
 *
 * @param shift [tokens] subtracted first
 * @param scale [tokens] divided by then
 */
record TokenScaling(double[] shift, double[] scale) {

  /** Leaves everything as it is. */
  static TokenScaling none(int tokens) {
    return new TokenScaling(new double[tokens], ones(tokens));
  }

  /** Subtracts each token's mean over the width. */
  static TokenScaling centring(float[] x, int tokens) {
    return new TokenScaling(means(x, tokens), ones(tokens));
  }

  /**
   * Does what a normalisation does; the constant of {@code expected_average_only_in} is measured.
   *
   * @param x [tokens, width] the activations
   */
  static TokenScaling of(Normalization normalization, float[] x, int tokens) {
    double root = Math.sqrt((double) x.length / tokens);
    double[] norms = new double[tokens];
    Arrays.setAll(norms, t -> distance(x, tokens, t, 0) / root);
    return switch (normalization) {
      case NONE -> none(tokens);
      case CONSTANT_NORM_RESCALE -> new TokenScaling(new double[tokens], norms);
      case EXPECTED_AVERAGE_ONLY_IN -> {
        double mean = Arrays.stream(norms).average().orElseThrow();
        Arrays.fill(norms, mean);
        yield new TokenScaling(new double[tokens], norms);
      }
      case LAYER_NORM -> {
        double[] means = means(x, tokens);
        double sampleRoot = Math.sqrt((double) x.length / tokens - 1);
        double[] deviations = new double[tokens];
        Arrays.setAll(deviations, t -> distance(x, tokens, t, means[t]) / sampleRoot + 1e-5);
        yield new TokenScaling(means, deviations);
      }
    };
  }

  private static double[] ones(int tokens) {
    double[] ones = new double[tokens];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static double[] means(float[] x, int tokens) {
    int width = x.length / tokens;
    double[] means = new double[tokens];
    for (int i = 0; i < x.length; i++) {
      means[i / width] += (double) x[i] / width;
    }
    return means;
  }

  /** The norm of a token's row less a number. */
  private static double distance(float[] x, int tokens, int token, double centre) {
    int width = x.length / tokens;
    double sum = 0;
    for (int i = token * width; i < (token + 1) * width; i++) {
      sum += (x[i] - centre) * (x[i] - centre);
    }
    return Math.sqrt(sum);
  }

  /** The activations as the SAE is to see them, [tokens, width]. */
  float[] apply(float[] x) {
    int width = x.length / scale.length;
    float[] scaled = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      int t = i / width;
      scaled[i] = (float) ((x[i] - shift[t]) / (scale[t] > 0 ? scale[t] : 1));
    }
    return scaled;
  }

  /** The SAE's reconstruction as one of the activations, [tokens, width]. */
  float[] undo(float[] reconstruction) {
    int width = reconstruction.length / scale.length;
    float[] undone = new float[reconstruction.length];
    for (int i = 0; i < undone.length; i++) {
      undone[i] = (float) (reconstruction[i] * scale[i / width] + shift[i / width]);
    }
    return undone;
  }
}
