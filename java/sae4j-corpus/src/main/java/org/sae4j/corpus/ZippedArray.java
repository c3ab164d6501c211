package org.sae4j.corpus;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * An array in an archive that {@code numpy.savez} has written, compressed or not.
 *
 * <p>It is found by the archive's directory: where NumPy writes to a pipe, what stands before an
 * entry does not tell its size. {@link ZipFile} checks nothing of what it reads.
 */
final class ZippedArray extends CheckedInputStream {
  private final ZipFile zip;
  private final ZipEntry entry;
  private long given;

  private ZippedArray(ZipFile zip, ZipEntry entry, InputStream in) {
    super(in, new CRC32());
    this.zip = zip;
    this.entry = entry;
  }

  /** Opens the array of an entry as it would be in a file by itself. */
  static InputStream open(Path file, String entry) throws IOException {
    return new DecompressedStream(file, "zip", () -> of(file, entry));
  }

  private static InputStream of(Path file, String name) throws IOException {
    ZipFile zip = new ZipFile(file.toFile());
    try {
      ZipEntry entry = zip.getEntry(name);
      if (entry == null) {
        throw new ZipException(name + " is gone");
      }
      return new ZippedArray(zip, entry, zip.getInputStream(entry));
    } catch (IOException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    int count = super.read(into, offset, length);
    given += Math.max(0, count);
    boolean whole = given == entry.getSize() && getChecksum().getValue() == entry.getCrc();
    if (count < 0 && !whole) {
      throw new ZipException("%s is not what was written".formatted(entry.getName()));
    }
    return count;
  }

  @Override
  public void close() throws IOException {
    super.close();
    zip.close();
  }
}
