package org.sae4j.format.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.format.FormatException;
import org.sae4j.testing.TestData;

class GgufHeaderTest {
  private static final int GGUF = 0x4655_4747;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  @TempDir Path folder;

  @Test
  void readsWhatTheFileSaysOfItself() throws IOException {
    GgufHeader header = GgufHeader.read(TestData.path("model-q8_0.gguf"));

    assertThat(header.text("general.architecture")).contains("gpt2");
    assertThat(header.integer("gpt2.block_count")).hasValue(6);
    assertThat(header.arrayLengths()).containsEntry("tokenizer.ggml.tokens", 2048L);
    assertThat(header.metadata().get("gpt2.attention.layer_norm_epsilon"))
        .isEqualTo((double) 1e-5f);
    GgufHeader.Tensor embedding = header.tensor("token_embd.weight").orElseThrow();
    assertThat(embedding.type()).isEqualTo("Q8_0");
    assertThat(embedding.shape()).containsExactly(2048L, 192L);
  }

  @Test
  void recognisesOnlyItsOwn() throws IOException {
    assertThat(GgufHeader.recognises(TestData.path("model-f32.gguf"))).isTrue();
    assertThat(GgufHeader.recognises(TestData.path("model/config.json"))).isFalse();
    assertThat(GgufHeader.recognises(Files.createFile(folder.resolve("empty")))).isFalse();
  }

  @Test
  void everyTruncationIsNoticed() throws IOException {
    byte[] whole = Files.readAllBytes(TestData.path("model-f16.gguf"));
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      int length = i < 100 ? random.nextInt(80_000) : random.nextInt(whole.length - 32);
      Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> GgufHeader.read(cut)).isInstanceOf(FormatException.class);
    }
  }

  @Test
  void damagedHeadersEndInAnExceptionOrNot() throws IOException {
    byte[] whole = Files.readAllBytes(TestData.path("model-f16.gguf"));
    Random random = new Random(2);
    for (int i = 0; i < 100; i++) {
      byte[] damaged = whole.clone();
      for (int n = 0; n < 4; n++) {
        damaged[random.nextInt(i < 50 ? 400 : 80_000)] = (byte) random.nextInt();
      }
      Path file = Files.write(folder.resolve("damaged"), damaged);
      try {
        GgufHeader.read(file);
      } catch (FormatException e) {
        assertThat(e).hasMessageStartingWith(file.toString());
      }
    }
  }

  @Test
  void countsBeyondTheFileAreRefused() throws IOException {
    assertRefused(head(2, -1, 0), "number of tensors: 18446744073709551615 do not fit");
    assertRefused(head(3, 0, 1L << 40), "number of keys");
    assertRefused(head(3, 0, 1, "key", STRING, -2L), "key: 18446744073709551614 do not fit");
    assertRefused(head(3, 0, 1, "key", ARRAY, 4, 1L << 62), "key: 4611686018427387904");
    assertRefused(head(3, 0, 1, "key", ARRAY, STRING, 1L, 1L << 50), "key: 1125899906842624");
  }

  @Test
  void nonsenseIsRefused() throws IOException {
    assertRefused(head(4, 0, 0), "version: expected 2 or 3, found 4");
    assertRefused(head(3, 0, 1, "key", 99), "key: unknown type 99");
    assertRefused(head(3, 0, 1, "key", ARRAY, ARRAY, 1L), "key: array of unknown type 9");
    assertRefused(head(3, 0, 2, "k", 4, 1, "k", 4, 1), "k appears twice");
    assertRefused(head(3, 1, 0, "t", 5), "tensor t: expected 1 to 4 dimensions, found 5");
    assertRefused(head(3, 1, 0, "t", 1, 0L, 0, 0L), "tensor t: expected sizes above zero");
    assertRefused(head(3, 1, 0, "t", 2, Long.MAX_VALUE, 4L, 0, 0L), "overflows");
    assertRefused(head(3, 1, 0, "t", 1, 4L, 0, Long.MAX_VALUE), "overflows");
    assertRefused(head(3, 1, 0, "t", 1, 4L, 0, 1L << 40), "truncated");
  }

  private void assertRefused(Path file, String message) {
    assertThatThrownBy(() -> GgufHeader.read(file))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(message);
  }

  /** A header of the given parts, and enough zeros that only its own lies can be at fault. */
  private Path head(int version, long tensors, long keys, Object... parts) throws IOException {
    LittleEndianBytes bytes = new LittleEndianBytes();
    bytes.putInt(GGUF);
    bytes.putInt(version);
    bytes.putLong(tensors);
    bytes.putLong(keys);
    for (Object part : parts) {
      if (part instanceof String text) {
        bytes.putString(text);
      } else if (part instanceof Long number) {
        bytes.putLong(number);
      } else {
        bytes.putInt((Integer) part);
      }
    }
    return Files.write(folder.resolve("head"), Arrays.copyOf(bytes.toByteArray(), 4096));
  }
}
