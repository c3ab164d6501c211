package org.sae4j.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.sae4j.ActivationHook;
import org.sae4j.Engine;
import org.sae4j.Fixtures;
import org.sae4j.Model;
import org.sae4j.RunOptions;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.SessionOptions;
import org.sae4j.tokens.Sequences;

/** Views of native memory stay safe however long they are kept. */
@Timeout(120)
class NativeBlockTest {
  private static final int LARGE = 16 << 20; // floats
  private static final long TOUCHED = 16 << 20; // bytes of a block that become resident

  @BeforeAll
  static void load() {
    Engine.load();
  }

  @Test
  void aViewOutlivesItsBlock() {
    NativeBlock block = NativeBlock.allocate(LARGE, "test");
    FloatBuffer view = block.view(LARGE).slice(100, 1000).duplicate();
    for (int i = 0; i < view.capacity(); i++) {
      view.put(i, i);
    }
    block.close();
    block = null;
    for (int round = 0; round < 3; round++) {
      System.gc();
      // Would take the memory over, had it been freed.
      try (NativeBlock other = NativeBlock.allocate(LARGE, "other")) {
        Pointer.memset(other.pointer(), 0xFF, (long) LARGE * Float.BYTES);
      }
    }
    for (int i = 0; i < view.capacity(); i++) {
      assertThat(view.get(i)).isEqualTo(i);
    }
  }

  @Test
  void memoryIsFreedAtOnceIfNobodySawIt() {
    long before = Pointer.physicalBytes();
    for (int i = 0; i < 40; i++) {
      try (NativeBlock block = NativeBlock.allocate(LARGE, "test")) {
        Pointer.memset(block.pointer(), 1, TOUCHED);
      }
    }
    assertThat(Pointer.physicalBytes() - before).isLessThan(8 * TOUCHED);
  }

  @Test
  void memoryThatWasSeenIsFreedWithTheLastView() throws InterruptedException {
    long before = Pointer.physicalBytes();
    List<FloatBuffer> kept = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      NativeBlock block = NativeBlock.allocate(LARGE, "test");
      Pointer.memset(block.pointer(), 1, TOUCHED);
      FloatBuffer view = block.view(LARGE);
      if (i % 30 == 0) {
        kept.add(view.slice(5, 7));
      }
      block.close();
    }
    // 60 blocks of 64 MiB: far more than the 1 GiB at which the collector is called.
    assertThat(Pointer.physicalBytes() - before).isLessThan(40 * TOUCHED);
    for (int i = 0; i < 50 && Pointer.physicalBytes() - before > 8 * TOUCHED; i++) {
      System.gc();
      Thread.sleep(20);
    }
    assertThat(Pointer.physicalBytes() - before).isLessThan(8 * TOUCHED);
    kept.forEach(view -> assertThat(view.get(0)).isEqualTo(Float.intBitsToFloat(0x01010101)));
  }

  @Test
  void blocksAreAligned() {
    try (NativeBlock block = NativeBlock.allocate(3, "test")) {
      assertThat(block.pointer().address() % 64).isZero();
      assertThat(block.view(3).capacity()).isEqualTo(3);
      assertThat(block.view(3).isDirect()).isTrue();
    }
  }

  @Test
  void moreThanABufferHoldsIsRefused() {
    assertThatThrownBy(() -> NativeBlock.allocate(1L << 29, "logits"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("logits would take 2147483648 bytes")
        .hasMessageContaining("run fewer sequences");
  }

  @Test
  @SuppressWarnings("try")
  void aPointerScopeOfTheCallersFreesNothingOfOurs() throws IOException {
    try (Model model = Fixtures.model();
        Sae sae = Fixtures.sae(Fixtures.SAE_K16)) {
      Sequences tokens = Fixtures.tokens().first(16);
      Session session;
      ActivationHook nothing = (point, activation) -> {};
      RunOptions options = RunOptions.defaults().hook(Fixtures.HOOK, nothing);
      float[] expected;
      try (PointerScope scope = new PointerScope()) {
        session = model.newSession(new SessionOptions(1));
        expected = session.run(tokens, options).logits().toArray();
        sae.reconstruct(new float[192 * 2]);
      }
      assertThat(session.run(tokens, options).logits().toArray()).isEqualTo(expected);
      assertThat(sae.reconstruct(new float[192 * 2])).hasSize(192 * 2);
      session.close();
    }
  }
}
