package org.sae4j.engine.loader;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Deletes what is not used any more, as far as that is possible: what stays does no harm. */
final class StaleFiles {
  private StaleFiles() {}

  /** Deletes what is in a folder, has such a name, and was not touched for so long. */
  static void deleteIn(Path folder, Pattern name, Duration unused) {
    Instant limit = Instant.now().minus(unused);
    try (Stream<Path> entries = Files.list(folder)) {
      entries
          .filter(entry -> name.matcher(entry.getFileName().toString()).matches())
          .filter(entry -> isOlder(entry, limit))
          .forEach(StaleFiles::delete);
    } catch (IOException | UncheckedIOException e) {
      // next time
    }
  }

  private static boolean isOlder(Path entry, Instant limit) {
    try {
      return Files.getLastModifiedTime(entry).toInstant().isBefore(limit);
    } catch (IOException e) {
      return false;
    }
  }

  /** Deletes a file, or a folder and all in it. */
  static void delete(Path path) {
    try (Stream<Path> found = Files.walk(path)) {
      List<Path> innermostFirst = found.sorted(Comparator.reverseOrder()).toList();
      for (Path each : innermostFirst) {
        Files.delete(each);
      }
    } catch (IOException | UncheckedIOException e) {
      // Windows keeps a library that is loaded
    }
  }
}
