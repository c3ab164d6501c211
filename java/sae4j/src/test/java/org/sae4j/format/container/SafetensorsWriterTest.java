package org.sae4j.format.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameFile() {
    file = folder.resolve("tensors.safetensors");
  }

  @Test
  void tensorsMayGrowSideBySide() throws IOException {
    new SafetensorsWriter()
        .metadata("made by", "a \"test\"")
        .tensor("a", DType.F32, 2, 3)
        .tensor("b", DType.I64, 2)
        .write(
            file,
            out -> {
              out.append("a", FloatBuffer.wrap(new float[] {0, 1, 2, 9}, 0, 3));
              out.append("b", LongBuffer.wrap(new long[] {7}));
              out.append("a", FloatBuffer.wrap(new float[] {3, 4, 5}));
              out.append("b", LongBuffer.wrap(new long[] {-8}));
            });

    Safetensors read = Safetensors.read(file);
    assertThat(read.tensor("a").shape()).containsExactly(2L, 3L);
    assertThat(read.tensor("a").toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(read.tensor("b").toFloats()).containsExactly(7, -8);
    assertThat(read.metadata()).containsEntry("made by", "a \"test\"");
    assertThat(read.tensor("a").offset() % 8).isZero();
  }

  @Test
  void largeTensorsAreWrittenWhole() throws IOException {
    float[] values = new float[300_001];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    new SafetensorsWriter()
        .tensor("large", DType.F32, values.length)
        .write(file, out -> out.append("large", FloatBuffer.wrap(values)));

    assertThat(Safetensors.read(file).tensor("large").toFloats()).isEqualTo(values);
  }

  @Test
  void shortTensorLeavesNoFile() {
    SafetensorsWriter writer = new SafetensorsWriter().tensor("a", DType.F32, 2);

    assertThatThrownBy(
            () -> writer.write(file, out -> out.append("a", FloatBuffer.wrap(new float[1]))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("tensor a: expected 8 bytes, found 4");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void longTensorLeavesTheOldFile() throws IOException {
    Files.writeString(file, "old");
    SafetensorsWriter writer = new SafetensorsWriter().tensor("a", DType.F32, 2);

    assertThatThrownBy(
            () -> writer.write(file, out -> out.append("a", FloatBuffer.wrap(new float[3]))))
        .isInstanceOf(IllegalStateException.class);
    assertThat(file).hasContent("old");
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "links need a privilege there")
  void nothingTakesThePlaceOfALink() throws IOException {
    Path old = Files.writeString(folder.resolve("old"), "old");
    Files.createSymbolicLink(file, old);
    SafetensorsWriter writer = new SafetensorsWriter().tensor("a", DType.F32, 1);

    assertThatThrownBy(
            () -> writer.write(file, out -> out.append("a", FloatBuffer.wrap(new float[1]))))
        .hasMessage(file + ": expected a file to write, found a symbolic link to " + old);
    assertThat(file).isSymbolicLink().hasContent("old");
  }

  @Test
  void wrongNamesAndTypesAreRefused() {
    SafetensorsWriter writer = new SafetensorsWriter().tensor("a", DType.F32, 2);

    assertThatThrownBy(() -> writer.tensor("a", DType.F32, 1)).hasMessageContaining("second");
    assertThatThrownBy(() -> writer.tensor("c", DType.F16, 1)).hasMessageContaining("F16");
    assertThatThrownBy(() -> writer.tensor("c", DType.F32, Long.MAX_VALUE, 2))
        .isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(
            () -> writer.write(file, out -> out.append("a", LongBuffer.wrap(new long[1]))))
        .hasMessageContaining("no tensor a of type I64");
  }
}
