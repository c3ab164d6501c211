package org.sae4j.format.container;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.StringJoiner;
import org.sae4j.format.torch.TorchFiles;

/** Writes safetensors files, well-formed or not. */
public final class SafetensorsFiles {
  private final StringJoiner header = new StringJoiner(",", "{", "}");
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  /** Adds a tensor of floats that count from zero. */
  public SafetensorsFiles f32(String name, long... shape) {
    int count = (int) Arrays.stream(shape).reduce(1, Math::multiplyExact);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i;
    }
    return tensor(name, "F32", TorchFiles.bytes(values), shape);
  }

  public SafetensorsFiles tensor(String name, String dtype, byte[] content, long... shape) {
    int begin = data.size();
    data.writeBytes(content);
    header.add(
        "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
            .formatted(name, dtype, Arrays.toString(shape), begin, data.size()));
    return this;
  }

  public Path write(Path file) throws IOException {
    return write(file, header.toString(), data.toByteArray());
  }

  /** Writes any text as the header, with its true length. */
  public static Path write(Path file, String header, byte[] data) throws IOException {
    return write(file, header.getBytes(StandardCharsets.UTF_8), data);
  }

  public static Path write(Path file, byte[] header, byte[] data) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(length(header.length));
    out.writeBytes(header);
    out.writeBytes(data);
    return Files.write(file, out.toByteArray());
  }

  static byte[] length(long value) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }
}
