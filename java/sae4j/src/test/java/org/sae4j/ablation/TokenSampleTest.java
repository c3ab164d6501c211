package org.sae4j.ablation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenSampleTest {
  @Test
  void samplesAreFairAndInOrder() {
    int[] candidates = IntStream.range(100, 120).toArray();
    int[] counts = new int[20];
    for (int seed = 0; seed < 4_000; seed++) {
      int[] sample = chosen(new TokenSample(5, seed), candidates);
      assertThat(sample).hasSize(5).isSorted().doesNotHaveDuplicates();
      Arrays.stream(sample).forEach(token -> counts[token - 100]++);
    }
    assertThat(Arrays.stream(counts)).allMatch(count -> count > 850 && count < 1_150);
    assertThat(chosen(new TokenSample(50, 0), candidates)).isEqualTo(candidates);
  }

  /** What seed 0 chooses is a promise to whoever has published it. */
  @Test
  void aSampleIsTheSameForEver() {
    assertThat(chosen(new TokenSample(5, 0), IntStream.range(0, 100).toArray()))
        .containsExactly(2, 32, 33, 42, 53);
  }

  private static int[] chosen(TokenSample sample, int... candidates) {
    TokenSample.Draw draw = sample.of(candidates.length);
    int[] chosen = Arrays.stream(candidates).filter(candidate -> draw.next()).toArray();
    assertThat(draw.left()).isZero();
    return chosen;
  }
}
