package org.sae4j.corpus;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.sae4j.Model;
import org.sae4j.testing.TestData;

/** Files to read corpora from. */
final class TestFiles {
  private static final byte[] NUMPY = "NUMPY".getBytes(StandardCharsets.US_ASCII);

  private TestFiles() {}

  /** The demo model. */
  static Model model() throws IOException {
    return Model.open(TestData.path("model"));
  }

  /** A file that {@code make_files.py} made. */
  static Path made(String name) {
    try {
      return Path.of(Objects.requireNonNull(TestFiles.class.getResource(name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(compressed)) {
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return compressed.toByteArray();
  }

  /**
   * A zip file.
   *
   * @param method of {@link ZipEntry}
   * @param entries a name and its bytes, in turn
   */
  static byte[] zip(int method, Object... entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(bytes)) {
      for (int i = 0; i < entries.length; i += 2) {
        byte[] content = (byte[]) entries[i + 1];
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry((String) entries[i]);
        entry.setMethod(method);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        out.putNextEntry(entry);
        out.write(content);
      }
    }
    return bytes.toByteArray();
  }

  /** A NumPy file as NumPy 1.0 of the format has it. */
  static Path npy(Path file, String descr, String order, String shape, byte[] data)
      throws IOException {
    String header =
        "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }".formatted(descr, order, shape);
    String padded = header + " ".repeat(63 - (header.length() + 10) % 64) + "\n";
    ByteBuffer bytes =
        ByteBuffer.allocate(10 + padded.length() + data.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put((byte) 0x93).put(NUMPY).put((byte) 1).put((byte) 0).putShort((short) padded.length());
    bytes.put(padded.getBytes(StandardCharsets.US_ASCII)).put(data);
    return Files.write(file, bytes.array());
  }
}
