package org.sae4j.corpus;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.sae4j.FormatException;

/** A file's bytes, decompressed if its first bytes say that it is compressed. */
final class SourceFile {
  private static final byte[] PARQUET = {'P', 'A', 'R', '1'};
  private static final byte[] NUMPY = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final byte[] ZIP = {'P', 'K', 3, 4};
  private static final byte[] GZIP = {0x1F, (byte) 0x8B};
  private static final byte[] ZSTD = {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD};
  private static final int BUFFER = 1 << 16;

  private SourceFile() {}

  /** Opens a file. */
  static InputStream open(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw FormatException.of(file, "expected a file, found a folder");
    }
    InputStream bytes = new BufferedInputStream(Files.newInputStream(file), BUFFER);
    try {
      return decompressed(file, bytes);
    } catch (IOException | RuntimeException | Error e) {
      bytes.close();
      throw e;
    }
  }

  private static InputStream decompressed(Path file, InputStream bytes) throws IOException {
    if (startsWith(bytes, GZIP)) {
      return buffered(
          new DecompressedStream(file, "gzip", bytes, in -> new GZIPInputStream(in, BUFFER)));
    }
    if (startsWith(bytes, ZSTD)) {
      return buffered(new DecompressedStream(file, "zstd", bytes, ZstdInputStream::new));
    }
    return bytes;
  }

  private static InputStream buffered(InputStream in) {
    return new BufferedInputStream(in, BUFFER);
  }

  static boolean isParquet(Path file) throws IOException {
    return is("a Parquet file", PARQUET, file);
  }

  static boolean isZip(Path file) throws IOException {
    return is("a zip archive", ZIP, file);
  }

  /** Whether a file is an array of NumPy, perhaps compressed. */
  static boolean isNumPy(Path file) throws IOException {
    try (InputStream bytes = open(file)) {
      return startsWith(bytes, NUMPY);
    }
  }

  static boolean isCompressed(Path file) throws IOException {
    return begins(file, GZIP) || begins(file, ZSTD);
  }

  /**
   * Whether a file begins with these bytes.
   *
   * @throws FormatException if it does so only when it is decompressed, for what is then read from
   *     the file itself
   */
  private static boolean is(String what, byte[] magic, Path file) throws IOException {
    try (InputStream bytes = open(file)) {
      if (!startsWith(bytes, magic)) {
        return false;
      }
    }
    if (!begins(file, magic)) {
      throw FormatException.of(file, what + " inside gzip or zstd cannot be read; decompress it");
    }
    return true;
  }

  /** Whether a file begins with these bytes as it is. */
  private static boolean begins(Path file, byte[] magic) throws IOException {
    try (InputStream bytes = Files.newInputStream(file)) {
      return Arrays.equals(bytes.readNBytes(magic.length), magic);
    }
  }

  /** Whether these bytes come next; they stay unread. */
  private static boolean startsWith(InputStream in, byte[] magic) throws IOException {
    in.mark(magic.length);
    byte[] found = in.readNBytes(magic.length);
    in.reset();
    return Arrays.equals(found, magic);
  }
}
