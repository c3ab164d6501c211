package org.sae4j.corpus;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.sae4j.format.FormatException;

/** A file's bytes, decompressed if its first bytes say that it is compressed. */
final class SourceFile {
  private static final byte[] PARQUET = {'P', 'A', 'R', '1'};
  private static final byte[] NUMPY = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final byte[] ZIP = {'P', 'K', 3, 4};
  private static final byte[] GZIP = {0x1F, (byte) 0x8B};
  private static final int BUFFER = 1 << 16;

  private SourceFile() {}

  /** Opens a file. */
  static InputStream open(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw FormatException.of(file, "expected a file, found a folder");
    }
    InputStream bytes = new BufferedInputStream(Files.newInputStream(file), BUFFER);
    try {
      InputStream decompressed = decompressed(file, bytes);
      if (ArrowFile.begins(first(decompressed, ArrowFile.LONGEST_BEGINNING))) {
        throw FormatException.of(file, ArrowFile.REFUSAL);
      }
      return decompressed;
    } catch (IOException | RuntimeException | Error e) {
      bytes.close();
      throw e;
    }
  }

  private static InputStream decompressed(Path file, InputStream bytes) throws IOException {
    byte[] first = first(bytes, Integer.BYTES);
    if (isGzip(first)) {
      return buffered(new DecompressedStream(file, "gzip", () -> new GzipMembers(bytes)));
    }
    if (isZstd(first)) {
      return buffered(new DecompressedStream(file, "zstd", () -> new ZstdFrames(file, bytes)));
    }
    return bytes;
  }

  private static boolean isGzip(byte[] first) {
    return first.length >= GZIP.length && Arrays.equals(Arrays.copyOf(first, GZIP.length), GZIP);
  }

  private static boolean isZstd(byte[] first) {
    return first.length == Integer.BYTES
        && ZstdFrames.beginWith(ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getInt());
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
    byte[] first = first(file, Integer.BYTES);
    return isGzip(first) || isZstd(first);
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
    if (!Arrays.equals(first(file, magic.length), magic)) {
      throw FormatException.of(file, what + " inside gzip or zstd cannot be read; decompress it");
    }
    return true;
  }

  /** The first bytes of a file as it is, fewer if it is shorter. */
  private static byte[] first(Path file, int count) throws IOException {
    try (InputStream bytes = Files.newInputStream(file)) {
      return bytes.readNBytes(count);
    }
  }

  /** The bytes that come next, fewer at the end; they stay unread. */
  private static byte[] first(InputStream in, int count) throws IOException {
    in.mark(count);
    byte[] found = in.readNBytes(count);
    in.reset();
    return found;
  }

  private static boolean startsWith(InputStream in, byte[] magic) throws IOException {
    return Arrays.equals(first(in, magic.length), magic);
  }
}
