package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.format.Activation;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.sae.SaeFile;
import org.sae4j.format.sae.SaeFormats;

/** SAEs on their own: encode, decode, reconstruct. */
class SaeTest {
  private static float[] x; // [128, 192]

  @BeforeAll
  static void read() throws IOException {
    x = Fixtures.expected("activations.safetensors", "blocks.3.hook_resid_post");
  }

  private static FloatBuffer direct(float[] values) {
    return ByteBuffer.allocateDirect(4 * values.length)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer()
        .put(values)
        .flip();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "saes/openai/resid_post_mlp_layer3_k16.pt",
        "saes/saelens/standard",
        "saes/saelens/topk",
        "saes/saelens/jumprelu",
        "saes/saelens/gated",
        "saes/saelens/topk_layer_norm"
      })
  void decodingWhatWasEncodedIsReconstructing(String name) throws IOException {
    try (Sae sae = Fixtures.sae(name)) {
      Latents latents = sae.encode(x);
      assertThat(latents.tokens()).isEqualTo(128);
      assertThat(latents.latents()).isEqualTo(sae.config().dSae());
      for (float value : latents.values()) {
        assertThat(value).isPositive();
      }
      float[] reconstruction = sae.reconstruct(x);
      assertThat(sae.decode(latents)).isEqualTo(reconstruction);
      assertThat(Fixtures.distance(reconstruction, x)).isBetween(0.01, 30.0);
    }
  }

  @Test
  void theSameSaeInThreeFormatsGivesTheSameLatents() throws IOException {
    try (Sae openai = Fixtures.sae(Fixtures.SAE_K16);
        Sae saelens = Fixtures.sae("saes/saelens/topk_layer_norm");
        Sae old = Fixtures.sae("saes/saelens/old_topk")) {
      assertThat(saelens.encode(x)).isEqualTo(openai.encode(x));
      assertThat(old.encode(x)).isEqualTo(openai.encode(x));
    }
  }

  @Test
  void topKKeepsK() throws IOException {
    try (Sae sae = Fixtures.sae(Fixtures.SAE_K16)) {
      Latents latents = sae.encode(x);
      for (int t = 0; t < latents.tokens(); t++) {
        assertThat(latents.active(t)).isEqualTo(16);
        float[] dense = latents.dense(t);
        int first = latents.indices()[latents.offsets()[t]];
        assertThat(latents.value(t, first)).isEqualTo(dense[first]).isPositive();
      }
      assertThatThrownBy(() -> latents.value(0, 1536))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> latents.value(0, -1)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThat(sae.hook()).hasValue(Fixtures.HOOK);
      assertThat(sae.weightBytes()).isGreaterThan(2L * 192 * 1536 * 4 - 1);
    }
  }

  @Test
  void buffersOfAllKindsGiveTheSame() throws IOException {
    try (Sae sae = Fixtures.sae(Fixtures.SAE_K16);
        Model model = Fixtures.model();
        Session session = model.newSession()) {
      float[] expected = sae.reconstruct(x);
      Latents latents = sae.encode(x);
      assertThat(sae.encode(direct(x))).isEqualTo(latents);
      assertThat(session.encode(sae, FloatBuffer.wrap(x).asReadOnlyBuffer())).isEqualTo(latents);

      FloatBuffer out = direct(new float[x.length + 2]).position(1).limit(x.length + 1);
      session.reconstruct(sae, direct(x), out);
      assertThat(out.position()).isEqualTo(1);
      float[] written = new float[x.length];
      out.duplicate().get(written);
      assertThat(written).isEqualTo(expected);
      assertThat(out.get(0)).isZero();
      assertThat(out.duplicate().clear().get(x.length + 1)).isZero();

      FloatBuffer heap = FloatBuffer.allocate(x.length);
      session.decode(sae, latents, heap);
      assertThat(heap.array()).isEqualTo(expected);

      FloatBuffer inPlace = direct(x);
      sae.reconstruct(inPlace, inPlace);
      inPlace.get(written);
      assertThat(written).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "saelens/standard",
        "saelens/topk_layer_norm",
        "saelens/jumprelu",
        "saelens/gated",
        "sparsify/h.3"
      })
  void arraysGiveTheSameAsTheirFile(String name) throws IOException {
    SaeFile file = SaeFormats.read(Fixtures.path("saes/" + name), SaeOverrides.none());
    Map<SaeTensor, float[]> weights = arrays(file);
    try (Sae opened = Sae.open(file);
        Sae made = Sae.of(file.config(), weights)) {
      assertThat(made.reconstruct(x)).isEqualTo(opened.reconstruct(x));
      assertThat(made.weightBytes()).isEqualTo(opened.weightBytes());
      assertThat(made.name()).isEqualTo("an SAE in memory");
    }
  }

  private static Map<SaeTensor, float[]> arrays(SaeFile file) throws IOException {
    Map<SaeTensor, float[]> weights = new EnumMap<>(SaeTensor.class);
    for (SaeTensor tensor : file.tensors().keySet()) {
      weights.put(tensor, file.tensor(tensor).toFloats());
    }
    return weights;
  }

  @Test
  void arraysThatDoNotFitAreRefused() throws IOException {
    SaeFile file = SaeFormats.read(Fixtures.path("saes/saelens/standard"), SaeOverrides.none());
    Map<SaeTensor, float[]> weights = arrays(file);
    assertRefused(file.config(), weights, SaeTensor.B_DEC, new float[191])
        .hasMessage("weights: expected 192 values of B_DEC, found 191");
    assertRefused(file.config(), weights, SaeTensor.THRESHOLD, new float[1])
        .hasMessageStartingWith("weights: expected [W_ENC, W_DEC, B_ENC, B_DEC], found [");
    float[] infinite = new float[192];
    infinite[7] = Float.POSITIVE_INFINITY;
    assertRefused(file.config(), weights, SaeTensor.B_DEC, infinite)
        .isInstanceOf(NotFiniteException.class);
  }

  private static AbstractThrowableAssert<?, ?> assertRefused(
      SaeConfig config, Map<SaeTensor, float[]> weights, SaeTensor name, float[] values) {
    Map<SaeTensor, float[]> changed = new EnumMap<>(weights);
    changed.put(name, values);
    return assertThatThrownBy(() -> Sae.of(config, changed));
  }

  @Test
  void noLatentNeedBeActive() {
    try (Sae sae = RandomSae.silent(192, 16)) {
      Latents latents = sae.encode(x);

      assertThat(latents.tokens()).isEqualTo(128);
      assertThat(latents.indices()).isEmpty();
      assertThat(latents.values()).isEmpty();
      assertThat(sae.decode(latents)).isEqualTo(sae.reconstruct(x)).containsOnly(1);
    }
  }

  @Test
  void anAblatedLatentLeavesTheRestAlone() throws IOException {
    try (Sae sae = Fixtures.sae("saes/saelens/topk")) {
      Latents one = sae.encode(Arrays.copyOf(x, 192));
      int last = one.indices().length - 1;
      Latents without =
          new Latents(
              one.latents(),
              new int[] {0, last},
              Arrays.copyOf(one.indices(), last),
              Arrays.copyOf(one.values(), last),
              one.scale(),
              one.shift());
      float[] all = sae.decode(one);
      float[] less = sae.decode(without);
      assertThat(Fixtures.distance(all, less)).isGreaterThan(1e-3);
    }
  }

  /** Products of finite numbers need not be finite. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void latentsAreNumbersOrRefused(boolean topK) {
    try (Sae large = topK ? RandomSae.topK(8, 16, 4) : RandomSae.relu(8, 16)) {
      float[] huge = new float[8];
      Arrays.fill(huge, 1e18f);
      Latents fine = large.encode(huge);
      assertThat(fine.values()).isNotEmpty();
    }
    try (Sae steep =
        RandomSae.steep(topK ? new Activation.TopK(4) : new Activation.Relu(), 8, 16)) {
      float[] ordinary = new float[8];
      Arrays.fill(ordinary, 1e10f);
      assertThatThrownBy(() -> steep.encode(ordinary))
          .isInstanceOf(NotFiniteException.class)
          .hasMessage("SAE latents: expected finite numbers, found Infinity");
      assertThatThrownBy(() -> steep.reconstruct(ordinary)).isInstanceOf(NotFiniteException.class);
    }
  }

  @Test
  void threadsTakeTurns() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try (Sae sae = Fixtures.sae(Fixtures.SAE_K16)) {
      float[] few = Arrays.copyOf(x, 4 * 192);
      float[] expected = sae.reconstruct(few);
      Future<?>[] done = new Future<?>[3];
      for (int i = 0; i < done.length; i++) {
        done[i] =
            threads.submit(
                () -> {
                  for (int n = 0; n < 5; n++) {
                    assertThat(sae.reconstruct(few)).isEqualTo(expected);
                  }
                });
      }
      for (Future<?> future : done) {
        future.get();
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    try (Sae sae = Fixtures.sae(Fixtures.SAE_K16)) {
      assertThatThrownBy(() -> sae.encode(new float[191]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("x: expected rows of 192 floats, the SAE's width, found 191 floats");
      assertThatThrownBy(() -> sae.encode(new float[0]))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(
              () -> sae.reconstruct(FloatBuffer.wrap(x), FloatBuffer.allocate(x.length - 1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected room for 24576 floats, found 24575");
      assertThatThrownBy(
              () -> sae.reconstruct(FloatBuffer.wrap(x), FloatBuffer.wrap(x).asReadOnlyBuffer()))
          .isInstanceOf(java.nio.ReadOnlyBufferException.class);
      Latents foreign =
          new Latents(5, new int[] {0, 0}, new int[0], new float[0], new float[1], new float[1]);
      assertThatThrownBy(() -> sae.decode(foreign))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("1536 latents, found 5");
    }
  }

  @Test
  void nanIsRefused() throws IOException {
    try (Sae sae = Fixtures.sae(Fixtures.SAE_K16)) {
      float[] nan = Arrays.copyOf(x, 192);
      nan[17] = Float.NaN;
      assertThatThrownBy(() -> sae.encode(nan)).isInstanceOf(NotFiniteException.class);
      assertThatThrownBy(() -> sae.reconstruct(nan)).isInstanceOf(NotFiniteException.class);
    }
  }

  @Test
  void nothingThere() {
    assertThatThrownBy(() -> Sae.open(Path.of("none.pt"))).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void latentsAreChecked() {
    int[] offsets = {0, 2};
    float[] two = {1, 1};
    float[] one = {1};
    assertThatThrownBy(() -> new Latents(9, offsets, new int[] {3, 3}, two, one, one))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("index 3 after 3");
    assertThatThrownBy(() -> new Latents(9, offsets, new int[] {3, 9}, two, one, one))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Latents(9, new int[] {0, 1}, new int[] {3, 4}, two, one, one))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
