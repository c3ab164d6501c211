package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.sae4j.memory.CallMemory;
import org.sae4j.memory.Floats;

/** What does not fit is said in bytes, whoever wanted it, and things go on. */
class OutOfMemoryTest {
  private static final long TOO_MANY = 1L << 50;

  @Test
  void nativeMemoryForACall() {
    try (CallMemory memory = new CallMemory()) {
      String said = "for a call of the engine: no " + 8 * TOO_MANY + " bytes of native memory";
      assertThatThrownBy(() -> memory.doubles(TOO_MANY))
          .isInstanceOf(OutOfMemoryError.class)
          .hasMessage(said);
      assertThatThrownBy(() -> memory.longs(TOO_MANY)).hasMessage(said);
      assertThatThrownBy(() -> memory.room(2 * TOO_MANY)).hasMessage(said);
      assertThat(memory.ints(new int[] {1, 2}).get(1)).isEqualTo(2);
      assertThat(memory.bytes(new byte[] {3}).get()).isEqualTo((byte) 3);
      assertThat(memory.doubles(2).get(1)).isZero();
    }
  }

  @Test
  void heap() {
    assumeThat(Runtime.getRuntime().maxMemory()).isLessThan(4L << 31);
    assertThatThrownBy(() -> Floats.of((1L << 31) - 9, 1, "activations"))
        .isInstanceOf(OutOfMemoryError.class)
        .hasMessage("activations: no 8589934556 bytes of Java's heap");
  }

  @Test
  void moreThanAnArrayHolds() {
    assertThatThrownBy(() -> Floats.of(1 << 16, 1 << 16, "activations"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("activations [65536, 65536]: more floats than one array");
    assertThatThrownBy(() -> Floats.of(Long.MAX_VALUE, 2, "activations"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(Floats.of(2, 3, "activations")).hasSize(6);
    assertThat(Floats.of(2, 0, "activations")).isEmpty();
  }

  @Test
  void aSessionGoesOn() throws IOException {
    try (Model model = Fixtures.model();
        Sae sae = Fixtures.sae(Fixtures.SAE_K16);
        Session session = model.newSession()) {
      int[] latents = new int[1 << 20]; // 2^20 · 2048 logits
      assertThatThrownBy(() -> session.latentLogits(sae, Fixtures.HOOK, latents))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("logits of latents [1048576, 2048]");
      assertThat(session.latentLogits(sae, Fixtures.HOOK, 1)).hasSize(2048);
    }
  }
}
