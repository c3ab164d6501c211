package org.sae4j.corpus;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.sae4j.FormatException;

/** The only array in an archive that {@code numpy.savez} has written, compressed or not. */
final class ZippedArray {
  private static final int MOST_NAMES = 5;

  private ZippedArray() {}

  /** Opens the array as it would be in a file by itself. */
  static InputStream open(Path file) throws IOException {
    requireOne(file);
    InputStream archive = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    try {
      return new DecompressedStream(file, "zip", archive, ZippedArray::first);
    } catch (IOException | RuntimeException e) {
      archive.close();
      throw e;
    }
  }

  private static void requireOne(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      if (zip.size() != 1) {
        List<String> names = zip.stream().limit(MOST_NAMES).map(ZipEntry::getName).toList();
        throw FormatException.of(
            file, "expected an archive of one array, found %d: %s".formatted(zip.size(), names));
      }
    } catch (ZipException e) {
      throw FormatException.of(file, "the zip archive is damaged: " + e.getMessage(), e);
    }
  }

  /** A stream, unlike {@link ZipFile}, notices data that is not what was written. */
  private static InputStream first(InputStream archive) throws IOException {
    ZipInputStream entries = new ZipInputStream(archive);
    try {
      entries.getNextEntry();
    } catch (IllegalArgumentException e) {
      throw new ZipException("an entry without a name");
    }
    return entries;
  }
}
