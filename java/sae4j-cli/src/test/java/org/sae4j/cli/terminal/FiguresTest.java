package org.sae4j.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FiguresTest {
  @Test
  void fiveFiguresWhateverTheSize() {
    assertThat(Figures.of(0.15994678)).isEqualTo("0.1599");
    assertThat(Figures.of(31.289280)).isEqualTo("31.289");
    assertThat(Figures.of(2762.4141)).isEqualTo("2762.4");
    assertThat(Figures.of(123456.7)).isEqualTo("123457");
    assertThat(Figures.of(1.25e9)).isEqualTo("1.25e+09");
    assertThat(Figures.of(0.00001234)).isEqualTo("1.23e-05");
    assertThat(Figures.of(0)).isEqualTo("0.0000");
  }

  @Test
  void signIsShownWhereItMatters() {
    assertThat(Figures.signed(0.5)).isEqualTo("+0.5000");
    assertThat(Figures.signed(-0.5)).isEqualTo("-0.5000");
  }

  @Test
  void whatIsUndefinedIsADash() {
    assertThat(Figures.of(Double.NaN)).isEqualTo("-");
    assertThat(Figures.percent(Double.NaN)).isEqualTo("-");
  }
}
