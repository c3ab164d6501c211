package org.sae4j.results;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SaeNamesTest {
  @Test
  void aNameIsAsMuchOfAPathAsTellsItFromTheOthers() {
    assertThat(SaeNames.of(List.of("zoo/a/ae.pt", "zoo/b/ae.pt", "other/topk")))
        .containsExactly("a/ae.pt", "b/ae.pt", "topk");
    assertThat(SaeNames.of(List.of("zoo/a", "zoo/a"))).containsExactly("a", "a (2)");
  }

  @Test
  void shortNamesStay() {
    List<String> names = List.of("topk", "jumprelu");

    assertThat(SaeNames.shortened(names, 8)).isEqualTo(names);
    assertThat(SaeNames.shortened(List.of(), 8)).isEmpty();
  }

  @Test
  void theEndIsKeptIfItTellsThemApart() {
    assertThat(SaeNames.shortened(List.of("layer_12/width_16k/l0_82", "layer_12/l0_41"), 10))
        .containsExactly("…16k/l0_82", "…_12/l0_41");
  }

  @Test
  void whatDiffersIsKeptWhereverItIs() {
    assertThat(
            SaeNames.shortened(
                List.of("run_of_sae_k16_that_was_long", "run_of_sae_k32_that_was_long"), 12))
        .containsExactly("…ae_k16_tha…", "…ae_k32_tha…");
    assertThat(SaeNames.shortened(List.of("a_of_a_long_run", "b_of_a_long_run"), 8))
        .containsExactly("a_of_a_…", "b_of_a_…");
  }

  @Test
  void namesThatNoPartTellsApartStay() {
    List<String> names =
        List.of("a_in_a_long_run/1", "a_in_a_long_run/2", "b_in_a_long_run/1", "b_in_a_long_run/2");

    assertThat(SaeNames.shortened(names, 8)).isEqualTo(names);
  }
}
