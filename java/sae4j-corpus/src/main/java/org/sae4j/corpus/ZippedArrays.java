package org.sae4j.corpus;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.sae4j.format.FormatException;

/**
 * The arrays in an archive that {@code numpy.savez} has written, compressed or not.
 *
 * @param entries their names in the archive, each once
 */
record ZippedArrays(Path file, List<String> entries) {
  private static final String SUFFIX = ".npy";
  private static final int MOST_ENTRIES = 1000;
  private static final int MOST_SHOWN = 5;

  /** Finds the arrays. */
  static ZippedArrays read(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      List<String> entries = zip.stream().limit(MOST_ENTRIES + 1).map(ZipEntry::getName).toList();
      if (entries.size() > MOST_ENTRIES || entries.size() != new HashSet<>(entries).size()) {
        throw FormatException.of(file, "the zip archive is damaged: entries of the same name");
      }
      return new ZippedArrays(file, entries);
    } catch (FormatException e) {
      throw e;
    } catch (IOException | IllegalArgumentException e) {
      // Of a short file it says nothing, of a name that is no text it says it thus.
      String why = e.getMessage() == null ? "" : ": " + e.getMessage();
      throw FormatException.of(file, "the zip archive is damaged" + why, e);
    }
  }

  /** The names of the arrays. */
  List<String> names() {
    return entries.stream()
        .map(
            entry ->
                entry.endsWith(SUFFIX)
                    ? entry.substring(0, entry.length() - SUFFIX.length())
                    : entry)
        .toList();
  }

  /** Opens an array as it would be in a file by itself: that of a name, or the only one. */
  InputStream open(String name) throws IOException {
    int at = entries.size() == 1 ? 0 : names().indexOf(name);
    if (at < 0) {
      List<String> shown = entries.subList(0, Math.min(MOST_SHOWN, entries.size()));
      throw FormatException.of(
          file,
          "expected an archive of one array, or one of them named %s, found %d: %s"
              .formatted(name, entries.size(), shown));
    }
    return ZippedArray.open(file, entries.get(at));
  }
}
