package org.sae4j.check;

import java.nio.FloatBuffer;
import java.util.stream.IntStream;
import org.sae4j.Latents;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/**
 * How well an SAE reconstructs the activations of some tokens; NaN where no token counts.
 *
 * @param l0 active latents a counted token
 * @param explainedVariance of the counted tokens
 * @param withoutFirst the explained variance of the counted tokens but for the first of each
 *     sequence, whose activation is often hundreds of times as large
 */
record ReconstructionQuality(double l0, double explainedVariance, double withoutFirst) {

  /**
   * Tries an SAE or a transcoder.
   *
   * @param counted the tokens that count
   * @param x [tokens, width] the activations that it reads
   * @param y [tokens, output width] those that it is to make of them
   * @param scaling what is done to them before it, and undone after it
   */
  static ReconstructionQuality of(
      Session session,
      Sae sae,
      Sequences sequences,
      Positions counted,
      float[] x,
      float[] y,
      TokenScaling scaling) {
    float[] input = scaling.apply(x);
    Latents latents = session.encode(sae, FloatBuffer.wrap(input));
    float[] reconstruction = new float[y.length];
    session.reconstruct(sae, FloatBuffer.wrap(input), FloatBuffer.wrap(reconstruction));
    return of(latents, sequences, counted, y, scaling.undo(reconstruction));
  }

  private static ReconstructionQuality of(
      Latents latents, Sequences sequences, Positions counted, float[] y, float[] reconstruction) {
    float[] error = new float[y.length];
    for (int i = 0; i < y.length; i++) {
      error[i] = reconstruction[i] - y[i];
    }
    int width = y.length / sequences.tokens();
    boolean[] all = sequences.select(counted);
    boolean[] others = sequences.select(counted.and(Positions.allButFirst()));
    return new ReconstructionQuality(
        IntStream.range(0, all.length)
            .filter(t -> all[t])
            .map(latents::active)
            .average()
            .orElse(Double.NaN),
        explainedVariance(y, error, width, all),
        explainedVariance(y, error, width, others));
  }

  /** The lower of the explained variances: either may hide what is wrong with the other. */
  double worst() {
    return Double.isNaN(withoutFirst)
        ? explainedVariance
        : Math.min(explainedVariance, withoutFirst);
  }

  /** 1 − Σ‖error‖² / Σ‖x − mean(x)‖² over the selected tokens. */
  private static double explainedVariance(float[] x, float[] error, int width, boolean[] selected) {
    double[] sum = new double[width];
    double xSquared = 0;
    double errorSquared = 0;
    long tokens = 0;
    for (int t = 0; t < selected.length; t++) {
      if (selected[t]) {
        tokens++;
        for (int i = 0; i < width; i++) {
          double value = x[t * width + i];
          sum[i] += value;
          xSquared += value * value;
          errorSquared += (double) error[t * width + i] * error[t * width + i];
        }
      }
    }
    double meanSquared = 0;
    for (double each : sum) {
      meanSquared += each / tokens * each / tokens;
    }
    double variance = xSquared - tokens * meanSquared;
    return variance > 1e-9 * xSquared ? 1 - errorSquared / variance : Double.NaN;
  }
}
