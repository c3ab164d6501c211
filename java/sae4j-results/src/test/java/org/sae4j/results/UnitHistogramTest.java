package org.sae4j.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class UnitHistogramTest {
  @Test
  void histogramsCountEverything() {
    UnitHistogram histogram = new UnitHistogram();
    for (double value : new double[] {0, 0.019, 0.02, 0.5, 1}) {
      histogram.add(value);
    }
    assertThat(histogram.percent(0)).isEqualTo(40);
    assertThat(histogram.percent(1)).isEqualTo(20);
    assertThat(histogram.percent(UnitHistogram.BINS - 1)).isEqualTo(20);
    assertThat(histogram.mean()).isCloseTo(1.539 / 5, within(1e-12));
    assertThat(histogram.count()).isEqualTo(5);
  }
}
