package org.sae4j.ablation;

import org.sae4j.stats.SplitMix64;

/** For each active latent of one token a random direction of its length, subtracted in turn. */
final class AblatedDirections implements Ablatable {
  private final AblatedLatents latents;
  private final long seed;
  private final int sequence;
  private final int position;

  AblatedDirections(AblatedLatents latents, long seed, int sequence, int position) {
    this.latents = latents;
    this.seed = seed;
    this.sequence = sequence;
    this.position = position;
  }

  @Override
  public float[] base() {
    return latents.base();
  }

  @Override
  public int count() {
    return latents.count();
  }

  @Override
  public int ablated(int i) {
    return latents.ablated(i);
  }

  @Override
  public double activation(int i) {
    return latents.activation(i);
  }

  @Override
  public float[] values(int from, int to) {
    int width = latents.width();
    double[] decoded = latents.decoded(from, to);
    float[] values = new float[decoded.length];
    for (int i = from; i < to; i++) {
      int row = (i - from) * width;
      double[] direction = direction(latents.ablated(i), width);
      double factor = norm(decoded, row, width) / norm(direction, 0, width);
      for (int c = 0; c < width; c++) {
        values[row + c] = (float) (base()[c] - factor * direction[c]);
      }
    }
    return values;
  }

  private double[] direction(int latent, int width) {
    SplitMix64 random = new SplitMix64(seed, sequence, position, latent);
    double[] direction = new double[width];
    for (int c = 0; c < width; c++) {
      direction[c] = random.gaussian();
    }
    return direction;
  }

  private static double norm(double[] values, int from, int count) {
    double squares = 0;
    for (int i = from; i < from + count; i++) {
      squares += values[i] * values[i];
    }
    return Math.sqrt(squares);
  }
}
