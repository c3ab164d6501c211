package org.sae4j.format.container;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sae4j.format.FormatException;

/** An archive of {@code numpy.savez}: a zip file of {@code .npy} arrays, found but not read. */
public final class NpzArchive {
  private static final String SUFFIX = ".npy";

  private NpzArchive() {}

  /** Finds all arrays by name. */
  public static Map<String, StoredTensor> read(Path file) throws IOException {
    Map<String, StoredTensor> arrays = new LinkedHashMap<>();
    try (FileChannel channel = PositionalRead.open(file)) {
      ZipDirectory zip = ZipDirectory.read(channel, file);
      for (ZipDirectory.Entry entry : zip.entries().values()) {
        if (!entry.name().endsWith(SUFFIX)) {
          throw FormatException.mismatch(file, "entry", "the name of an array", entry.name());
        }
        String name = entry.name().substring(0, entry.name().length() - SUFFIX.length());
        long start = zip.dataOffset(channel, entry);
        arrays.put(name, NpyArray.read(channel, file, name, start, entry.size()));
      }
    }
    return arrays;
  }
}
