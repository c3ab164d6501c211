package org.sae4j.ablation;

/** The channels of the activation at one token, each of them set to zero in turn. */
final class AblatedChannels implements Ablatable {
  private final float[] x; // [width]
  private final int count;

  /**
   * Chooses the channels.
   *
   * @param x [width] the activation at the token
   * @param most how many
   */
  AblatedChannels(float[] x, int most) {
    this.x = x;
    this.count = Math.min(most, x.length);
  }

  @Override
  public float[] base() {
    return x;
  }

  @Override
  public int count() {
    return count;
  }

  /** Evenly spaced, from the first on. */
  @Override
  public int ablated(int i) {
    return (int) ((long) i * x.length / count);
  }

  @Override
  public double activation(int i) {
    return x[ablated(i)];
  }

  @Override
  public float[] values(int from, int to) {
    float[] values = new float[(to - from) * x.length];
    for (int i = from; i < to; i++) {
      int row = (i - from) * x.length;
      System.arraycopy(x, 0, values, row, x.length);
      values[row + ablated(i)] = 0;
    }
    return values;
  }
}
