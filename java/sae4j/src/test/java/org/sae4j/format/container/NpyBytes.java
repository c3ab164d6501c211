package org.sae4j.format.container;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.sae4j.format.torch.TorchFiles;

/** Writes arrays as NumPy does, well-formed or not. */
public final class NpyBytes {
  private NpyBytes() {}

  /** An array of floats that count from zero. */
  public static byte[] f32(long... shape) {
    int count = 1;
    StringBuilder sizes = new StringBuilder();
    for (long size : shape) {
      count *= (int) size;
      sizes.append(size).append(", ");
    }
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i;
    }
    return of("'<f4'", "False", "(" + sizes + ")", TorchFiles.bytes(values));
  }

  public static byte[] of(String descr, String fortranOrder, String shape, byte[] data) {
    String header =
        "{'descr': %s, 'fortran_order': %s, 'shape': %s, }".formatted(descr, fortranOrder, shape);
    return version1(header + " ".repeat(117 - header.length() % 64) + "\n", data);
  }

  /** Any text as the header of an array of version 1. */
  static byte[] version1(String header, byte[] data) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    out.write(text.length);
    out.write(text.length >> 8);
    out.writeBytes(text);
    out.writeBytes(data);
    return out.toByteArray();
  }
}
