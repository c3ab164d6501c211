package org.sae4j.format.torch;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes archives as torch.save does, well-formed or not. */
public final class TorchFiles {
  private final Map<String, byte[]> entries = new LinkedHashMap<>();

  /** Starts an archive with a pickle. */
  public static TorchFiles of(byte[] pickle) {
    return new TorchFiles().entry("archive/data.pkl", pickle);
  }

  public TorchFiles entry(String name, byte[] content) {
    entries.put(name, content);
    return this;
  }

  TorchFiles byteOrder(String order) {
    return entry("archive/byteorder", order.getBytes(StandardCharsets.US_ASCII));
  }

  TorchFiles storage(String key, byte[] content) {
    return entry("archive/data/" + key, content);
  }

  public TorchFiles floats(String key, float... values) {
    return storage(key, bytes(values));
  }

  public static byte[] bytes(float... values) {
    ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      buffer.putFloat(value);
    }
    return buffer.array();
  }

  public Path write(Path file) throws IOException {
    return write(file, ZipEntry.STORED);
  }

  public Path write(Path file, int method) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file));
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(header(entry.getKey(), entry.getValue(), method));
        zip.write(entry.getValue());
        zip.closeEntry();
      }
    }
    return file;
  }

  private static ZipEntry header(String name, byte[] content, int method) {
    ZipEntry header = new ZipEntry(name);
    header.setMethod(method);
    if (method == ZipEntry.STORED) {
      CRC32 crc = new CRC32();
      crc.update(content);
      header.setCrc(crc.getValue());
      header.setSize(content.length);
    }
    return header;
  }
}
