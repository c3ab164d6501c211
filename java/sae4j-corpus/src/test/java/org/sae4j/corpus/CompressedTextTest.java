package org.sae4j.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.format.FormatException;
import org.sae4j.testing.TestData;

/** Files in gzip and zstd as programs write them, whole and damaged. */
class CompressedTextTest {
  @TempDir private Path folder;

  private static byte[] read(Path file) throws IOException {
    try (InputStream in = SourceFile.open(file)) {
      return in.readAllBytes();
    }
  }

  private static Path testCase(String name) {
    return TestData.path("cases/" + name);
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  private Path file(byte[]... parts) throws IOException {
    return Files.write(folder.resolve("file"), joined(parts));
  }

  private static byte[] zstd(String text) {
    return Zstd.compress(text.getBytes(UTF_8));
  }

  /** A frame to be passed over: magic, length, and anything. */
  private static byte[] skippable(int kind, int length) {
    ByteBuffer frame = ByteBuffer.allocate(8 + length).order(ByteOrder.LITTLE_ENDIAN);
    return frame.putInt(0x184D2A50 + kind).putInt(length).array();
  }

  private static void assertRefused(Path file, String problem) {
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file + ": " + problem);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gzip-dropped-members/zerosbetween.jsonl.gz",
        "zstd-frames/long31.jsonl.zst",
        "zstd-frames/skip.jsonl.zst",
      })
  void everyMemberAndFrameIsRead(String name) throws IOException {
    Path file = testCase(name);
    assertThat(read(file)).isEqualTo(Files.readAllBytes(file.resolveSibling("whole.jsonl")));
    assertThat(SourceFile.isCompressed(file)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"badheader", "garbage"})
  void membersThatAreNoneAreRefused(String name) {
    assertRefused(
        testCase("gzip-dropped-members/" + name + ".jsonl.gz"),
        "the gzip data is damaged: expected a member or the end at byte ");
  }

  @Test
  void framesStandInARow() throws IOException {
    byte[] skipped = skippable(0, 100_000);
    assertThat(read(file(zstd("a"), zstd(""), zstd("b")))).asString().isEqualTo("ab");
    for (int kind = 0; kind < 16; kind++) {
      assertThat(read(file(skippable(kind, kind), zstd("a")))).asString().isEqualTo("a");
    }
    assertThat(read(file(skipped, zstd("a"), skipped, skippable(1, 0), zstd("b"), skipped)))
        .asString()
        .isEqualTo("ab");
    assertThat(read(file(skipped))).isEmpty();
  }

  @Test
  void framesAreWhole() throws IOException {
    byte[] frame = zstd("some text, some text, some text");
    byte[] skipped = skippable(0, 100);
    for (int length = 1; length < frame.length; length++) {
      assertRefused(file(frame, Arrays.copyOf(frame, length)), "the zstd data is truncated");
    }
    for (int length = 1; length < skipped.length; length++) {
      assertRefused(file(frame, Arrays.copyOf(skipped, length)), "the zstd data is truncated");
    }
    assertRefused(file(frame, new byte[512]), "the zstd data is damaged: ");
    assertRefused(file(frame, "garbage".getBytes(UTF_8)), "the zstd data is dam");
  }

  @Test
  void aDictionaryThatIsNeededIsSaidToBe() throws IOException {
    byte[][] samples = new byte[1000][];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = "{\"text\": \"document %d of many\"}".formatted(i).getBytes(UTF_8);
    }
    byte[] dictionary = new byte[1000];
    assertThat(Zstd.isError(Zstd.trainFromBuffer(samples, dictionary))).isFalse();
    byte[] frame = Zstd.compressUsingDict(samples[0], dictionary, 3);
    assertRefused(file(frame), "the zstd data needs a dictionary, which cannot be given: decom");
  }

  @Test
  void aWindowThatTheFormatHasButNoProgramWritesIsRefused() throws IOException {
    byte[] frame = {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0, (byte) (22 << 3), 1, 0, 0};
    assertRefused(file(frame), "the zstd data needs a window of more than 2 GB");
  }
}
