package org.sae4j.format.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufWriterTest {
  @TempDir Path folder;

  private static GgufWriter.TensorData bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return channel -> GgufWriter.writeFully(channel, ByteBuffer.wrap(bytes));
  }

  @Test
  void everyTypeOfValueComesBack() throws IOException {
    GgufMetadata metadata =
        new GgufMetadata()
            .putString("text", "Ġä𝄞")
            .putUnsigned("count", 7)
            .putFloat("small", 1e-5f)
            .putBoolean("yes", true)
            .putStrings("words", List.of("a", "", "b"))
            .putInts("numbers", List.of(-1, 2));
    new GgufWriter(metadata).write(folder.resolve("x.gguf"));

    GgufReading read = GgufReading.read(folder.resolve("x.gguf"));
    assertThat(read.metadata())
        .containsEntry("text", "Ġä𝄞")
        .containsEntry("count", 7)
        .containsEntry("small", 1e-5f)
        .containsEntry("yes", true)
        .containsEntry("words", List.of("a", "", "b"))
        .containsEntry("numbers", List.of(-1, 2));
    assertThat(read.tensors()).isEmpty();
    assertThat(Files.size(folder.resolve("x.gguf")) % 32).isZero();
  }

  @Test
  void tensorsAreAlignedAndTheContiguousDimensionComesFirst() throws IOException {
    GgufWriter writer = new GgufWriter(new GgufMetadata());
    writer.addTensor("m", GgufType.F16, List.of(1L, 3L), bytes(1, 2, 3, 4, 5, 6));
    writer.addTensor("v", GgufType.F32, List.of(1L), bytes(7, 8, 9, 10));
    writer.write(folder.resolve("x.gguf"));

    GgufReading read = GgufReading.read(folder.resolve("x.gguf"));
    assertThat(read.tensors().keySet()).containsExactly("m", "v");
    assertThat(read.tensors().get("m").dims()).containsExactly(3L, 1L);
    assertThat(read.tensors().get("m").bytes()).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(read.tensors().get("v").offset()).isEqualTo(32);
    assertThat(read.tensors().get("v").bytes()).containsExactly(7, 8, 9, 10);
    assertThat(Files.size(folder.resolve("x.gguf")) % 32).isZero();
  }

  @Test
  void afterAFailureTheOldFileIsStillThereAndNothingElse() throws IOException {
    Path target = Files.writeString(folder.resolve("x.gguf"), "old");
    GgufWriter writer = new GgufWriter(new GgufMetadata());
    writer.addTensor("v", GgufType.F32, List.of(1L), bytes(7, 8, 9, 10));
    writer.addTensor(
        "w",
        GgufType.F32,
        List.of(1L),
        channel -> {
          throw new IOException("disk on fire");
        });

    assertThatThrownBy(() -> writer.write(target)).hasMessage(target + ": disk on fire");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(target);
    }
    assertThat(target).hasContent("old");
  }

  @Test
  void aFileThatIsThereIsReplaced() throws IOException {
    Path target = Files.writeString(folder.resolve("x.gguf"), "old");
    new GgufWriter(new GgufMetadata()).write(target);
    assertThat(GgufReading.read(target).tensors()).isEmpty();
  }

  @Test
  void aTensorMustHaveAsManyBytesAsItSays() {
    GgufWriter writer = new GgufWriter(new GgufMetadata());
    writer.addTensor("v", GgufType.F32, List.of(2L), bytes(7, 8, 9, 10));
    assertThatThrownBy(() -> writer.write(folder.resolve("x.gguf")))
        .hasMessage("tensor v: expected 8 bytes, found 4");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void namesAreDistinctAndShort() {
    GgufWriter writer = new GgufWriter(new GgufMetadata());
    writer.addTensor("v", GgufType.F32, List.of(1L), bytes());
    assertThatThrownBy(() -> writer.addTensor("v", GgufType.F32, List.of(1L), bytes()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> writer.addTensor("v".repeat(64), GgufType.F32, List.of(1L), bytes()))
        .isInstanceOf(IllegalArgumentException.class);
    GgufMetadata metadata = new GgufMetadata().putBoolean("k", true);
    assertThatThrownBy(() -> metadata.putUnsigned("k", 1)).hasMessageContaining("k");
    assertThatThrownBy(() -> metadata.putUnsigned("n", -1)).hasMessageContaining("n");
    assertThatThrownBy(() -> metadata.putString("s", "\ud800")).hasMessageContaining("Unicode");
  }

  @Test
  void aTargetThatCannotBeWrittenIsNamed() throws IOException {
    GgufWriter writer = new GgufWriter(new GgufMetadata());
    Path missing = folder.resolve("missing").resolve("x.gguf");
    assertThatThrownBy(() -> writer.write(missing))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(missing.toString())
        .hasMessageContaining("does not exist");
    assertThatThrownBy(() -> writer.write(folder)).hasMessageContaining("found something else");
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> writer.write(file.resolve("x.gguf")))
        .hasMessageContaining("does not exist");
  }

  @Test
  void aReadOnlyFolderIsNamed() throws IOException {
    Path locked = Files.createDirectory(folder.resolve("locked"));
    assumeTrue(
        locked.toFile().setWritable(false) && !Files.isWritable(locked), "root may write anywhere");
    assertThatThrownBy(() -> new GgufWriter(new GgufMetadata()).write(locked.resolve("x.gguf")))
        .hasMessageContaining("read-only");
  }
}
