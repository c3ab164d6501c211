package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.arch.ModelShape;
import org.sae4j.format.FormatException;
import org.sae4j.tokens.Sequences;

/** Models from files, from weights made in Java, and from nothing. */
class ModelTest {
  private static final ModelShape TINY = new ModelShape(2, 2, 8, 16, 16, 32, false, 1e-5f);
  private static final Sequences TOKENS = Sequences.of(new int[] {1, 2, 3}, new int[] {31});

  private static float[] logits(Model model) {
    try (Session session = model.newSession(new SessionOptions(1))) {
      return session.run(TOKENS).logits().toArray();
    }
  }

  @Test
  void theShapeOfTheDemoModel() throws IOException {
    try (Model model = Fixtures.model()) {
      assertThat(model.shape()).isEqualTo(new ModelShape(6, 6, 192, 768, 128, 2048, true, 1e-5f));
      assertThat(model.shape().parameters()).isEqualTo(3_087_360L);
      assertThat(model.weightBytes()).isBetween(4 * 3_000_000L, 4 * 3_600_000L);
      assertThat(model.options()).isEqualTo(ModelOptions.defaults());
    }
  }

  @Test
  void randomModelsDependOnTheirSeedOnly() {
    try (Model a = Model.random(TINY, 1, ModelOptions.defaults());
        Model b = Model.random(TINY, 1, ModelOptions.defaults());
        Model c = Model.random(TINY, 2, ModelOptions.defaults())) {
      assertThat(a.shape()).isEqualTo(TINY);
      assertThat(logits(a)).isEqualTo(logits(b)).isNotEqualTo(logits(c)).hasSize(4 * 32);
    }
  }

  @Test
  void weightsMayComeFromJava() {
    // Norm biases of 1 and an unembedding of ones: every logit is the width.
    ModelWeights weights =
        (name, rows, columns) -> {
          float[] values = new float[rows * columns];
          boolean one = name.equals("output_norm.bias") || name.equals("output.weight");
          Arrays.fill(values, one ? 1 : 0);
          return values;
        };
    try (Model model = Model.of(TINY, weights, ModelOptions.defaults())) {
      assertThat(logits(model)).containsOnly(8f);
    }
  }

  @Test
  void weightsOfTheWrongSizeAreRefused() {
    assertThatThrownBy(() -> Model.of(TINY, (name, r, c) -> new float[3], ModelOptions.defaults()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor token_embd.weight: expected 256 values, 32 rows of 8, found 3");
  }

  @Test
  void nanWeightsAreRefused() {
    ModelWeights weights =
        (name, rows, columns) -> {
          float[] values = new float[rows * columns];
          values[0] = name.equals("blk.1.ffn_up.weight") ? Float.NaN : 1;
          return values;
        };
    assertThatThrownBy(() -> Model.of(TINY, weights, ModelOptions.defaults()))
        .isInstanceOf(NotFiniteException.class)
        .hasMessageContaining("blk.1.ffn_up.weight");
  }

  @Test
  void nothingThere() {
    assertThatThrownBy(() -> Model.open(Path.of("no such model.gguf")))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("no such model.gguf");
  }

  @Test
  void filesThatAreNoModelsAreRefused(@TempDir Path folder) throws IOException {
    byte[] gguf = Files.readAllBytes(Fixtures.path("model-f32.gguf"));
    assertRefused(folder.resolve("empty.gguf"), new byte[0]);
    assertRefused(folder.resolve("text.gguf"), "this is not a model".getBytes());
    assertRefused(folder.resolve("header.gguf"), Arrays.copyOf(gguf, 30));
    assertRefused(folder.resolve("half.gguf"), Arrays.copyOf(gguf, gguf.length / 2));
    assertRefused(folder.resolve("short.gguf"), Arrays.copyOf(gguf, gguf.length - 1));
    byte[] version = gguf.clone();
    version[4] = 99;
    assertRefused(folder.resolve("version.gguf"), version);
    byte[] counts = gguf.clone();
    Arrays.fill(counts, 8, 24, (byte) 0x7F);
    assertRefused(folder.resolve("counts.gguf"), counts);
    assertThatThrownBy(() -> Model.open(folder))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(folder.toString());
  }

  private static void assertRefused(Path file, byte[] content) throws IOException {
    Files.write(file, content);
    assertThatThrownBy(() -> Model.open(file))
        .as(file.toString())
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file + ": ");
  }

  @Test
  void aPathMayHaveAnyCharacters(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("mödel \u6a21\u578b.gguf");
    Files.copy(Fixtures.path("model-q8_0.gguf"), file);
    try (Model model = Model.open(file)) {
      assertThat(model.hasTokenizer()).isTrue();
    }
  }

  @Test
  void aFolderWithoutATokenizerIsAModelWithoutOne(@TempDir Path folder) throws IOException {
    for (String name : new String[] {"config.json", "model.safetensors"}) {
      Files.copy(Fixtures.path("model/" + name), folder.resolve(name));
    }
    try (Model model = Model.open(folder)) {
      assertThat(model.hasTokenizer()).isFalse();
    }
  }

  @Test
  void aTokenizersFaultMattersOnlyToWhoUsesIt(@TempDir Path folder) throws IOException {
    for (String name : new String[] {"config.json", "model.safetensors"}) {
      Files.copy(Fixtures.path("model/" + name), folder.resolve(name));
    }
    Path file = Files.writeString(folder.resolve("tokenizer.json"), "{\"model\": 1}");
    try (Model model = Model.open(folder);
        Session session = model.newSession()) {
      assertThat(model.hasTokenizer()).isFalse();
      assertThat(model.tokenizerFault())
          .get()
          .isInstanceOf(FormatException.class)
          .extracting(Throwable::getMessage)
          .asString()
          .startsWith(file + ": ");
      assertThatThrownBy(model::tokenizer)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(model.tokenizerFault().get().getMessage());
      assertThat(session.run(Sequences.of(new int[] {1, 2})).logits().get(0, 0, 0)).isFinite();
    }
  }

  @Test
  void theEngineSaysWhatItIs() {
    SystemInfo info = SystemInfo.get();
    assertThat(info.platform()).contains("-");
    assertThat(info.version()).isNotBlank();
    assertThat(info.llamaVersion()).isNotBlank();
    assertThat(info.blas()).containsIgnoringCase("openblas");
    assertThat(info.kernels()).isNotBlank();
  }
}
