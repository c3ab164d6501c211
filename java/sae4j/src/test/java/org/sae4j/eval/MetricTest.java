package org.sae4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class MetricTest {
  private static final EvaluationOptions OPTIONS = EvaluationOptions.defaults();

  /** Sums over one token, with these cross-entropies. */
  private static Metric.Sums sums(double clean, double sae, double zero) {
    double[] values = new double[Metric.Sum.COUNT];
    values[Metric.Sum.TOKENS.ordinal()] = 1;
    values[Metric.Sum.COMPARED.ordinal()] = 1;
    values[Metric.Sum.TARGETED.ordinal()] = 1;
    values[Metric.Sum.CE_CLEAN.ordinal()] = clean;
    values[Metric.Sum.CE.ordinal()] = sae;
    values[Metric.Sum.CE_ZERO.ordinal()] = zero;
    return new Metric.Sums(values, new double[2], Optional.empty());
  }

  /** On some texts a model predicts better without an activation than with it. */
  @Test
  void aDenominatorMayBeNegative() {
    Metric.Sums sums = sums(5, 4.5, 4);

    assertThat(Metric.CE_LOSS_SCORE.of(sums, OPTIONS)).isCloseTo(0.5, within(1e-12));
    assertThat(Metric.CE_LOSS_SCORE.undefined(sums, OPTIONS)).isEmpty();
  }

  @Test
  void aDenominatorNearZeroGivesNoNumberButAReason() {
    Metric.Sums sums = sums(5, 4.5, 5 - 1e-10);

    assertThat(Metric.CE_LOSS_SCORE.of(sums, OPTIONS)).isNaN();
    assertThat(Metric.CE_LOSS_SCORE.undefined(sums, OPTIONS).orElseThrow())
        .startsWith("ce_zero − ce_clean is ");
  }

  /** Three times the same large activation: what is left of its variance, 1e-4, is rounding. */
  @Test
  void roundingIsNoVariance() {
    double[] values = new double[Metric.Sum.COUNT];
    values[Metric.Sum.TOKENS.ordinal()] = 3;
    values[Metric.Sum.X_SQUARED.ordinal()] = 3e10 + 1e-4;
    values[Metric.Sum.SQUARED_ERROR.ordinal()] = 1;
    Metric.Sums sums = new Metric.Sums(values, new double[] {3e5, 0}, Optional.empty());

    assertThat(Metric.NORMALIZED_MSE.of(sums, OPTIONS)).isNaN();
    assertThat(Metric.EXPLAINED_VARIANCE.undefined(sums, OPTIONS).orElseThrow())
        .startsWith("Σ‖x − mean(x)‖² is ");
  }
}
