package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class EvaluationNumbersTest {
  /** Sums over one token, with these cross-entropies. */
  private static EvaluationNumbers numbers(double clean, double sae, double zero) {
    double[] values = new double[Quantity.COUNT];
    values[Quantity.TOKENS.ordinal()] = 1;
    values[Quantity.COMPARED.ordinal()] = 1;
    values[Quantity.TARGETED.ordinal()] = 1;
    values[Quantity.CE_CLEAN.ordinal()] = clean;
    values[Quantity.CE.ordinal()] = sae;
    values[Quantity.CE_ZERO.ordinal()] = zero;
    return EvaluationNumbers.of(new Sums(values, new double[2]), EvaluationOptions.defaults());
  }

  /** On some texts a model predicts better without an activation than with it. */
  @Test
  void aDenominatorMayBeNegative() {
    EvaluationNumbers numbers = numbers(5, 4.5, 4);

    assertThat(numbers.downstream().ceLossScore()).isCloseTo(0.5, within(1e-12));
    assertThat(numbers.undefined()).doesNotContainKey("ce_loss_score");
  }

  @Test
  void aDenominatorNearZeroGivesNoNumberButAReason() {
    EvaluationNumbers numbers = numbers(5, 4.5, 5 - 1e-10);

    assertThat(numbers.downstream().ceLossScore()).isNaN();
    assertThat(numbers.undefined().get("ce_loss_score")).startsWith("ce_zero − ce_clean is ");
  }
}
