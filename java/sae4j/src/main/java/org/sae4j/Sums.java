package org.sae4j;

import java.util.Arrays;

/**
 * Sums for one SAE over counted tokens: those of one sequence, of all, or as a replicate drew them.
 *
 * @param values [{@link Quantity#COUNT}]
 * @param x Σ x at the activation that is replaced, [width]
 */
record Sums(double[] values, double[] x) {
  private static final double ROUNDING = 1e-12;

  double of(Quantity quantity) {
    return values[quantity.ordinal()];
  }

  /** A mean over the counted tokens. */
  double mean(Quantity quantity) {
    return of(quantity) / of(Quantity.TOKENS);
  }

  /** A mean over the tokens whose next-token distributions are compared; NaN if there is none. */
  double meanCompared(Quantity quantity) {
    return of(quantity) / of(Quantity.COMPARED);
  }

  /** A mean over the tokens with a next one; NaN if there is none. */
  double meanTargeted(Quantity quantity) {
    return of(quantity) / of(Quantity.TARGETED);
  }

  int width() {
    return x.length;
  }

  /** Σ‖x − mean(x)‖² = Σ‖x‖² − N‖mean(x)‖²; zero where the two differ by rounding only. */
  double deviation() {
    double tokens = of(Quantity.TOKENS);
    double meanSquared = Arrays.stream(x).map(sum -> (sum / tokens) * (sum / tokens)).sum();
    double xSquared = of(Quantity.X_SQUARED);
    double deviation = xSquared - tokens * meanSquared;
    return deviation < ROUNDING * xSquared ? 0 : deviation;
  }
}
