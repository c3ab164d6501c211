package org.sae4j.engine.loader;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Pattern;
import org.sae4j.engine.loader.LibraryList.Library;

/**
 * A folder of extracted libraries. The name says which bytes are in it, so what is there need not
 * be read again; a file is complete or not there, so any number of processes may extract at once
 * and none waits for another.
 */
final class LibraryCache {
  private static final Pattern OURS = Pattern.compile("sae4j-.+-[0-9a-f]{16}");
  private static final Duration LONG_UNUSED = Duration.ofDays(30);

  private LibraryCache() {}

  /** Makes sure that all libraries are in their folder below base. */
  static Path extract(LibrarySource.Jar jar, Path base) throws IOException {
    Path folder = base.resolve(jar.list().folder());
    boolean isNew = !Files.isDirectory(folder);
    Files.createDirectories(folder);
    for (Library library : jar.list().libraries()) {
      if (!isThere(library, folder)) {
        extract(jar, library, folder);
      }
    }
    markAsUsed(folder);
    if (isNew) {
      StaleFiles.deleteIn(base, OURS, LONG_UNUSED);
    }
    return folder;
  }

  /** The size tells a file that lost its end when the power went. */
  private static boolean isThere(Library library, Path folder) throws IOException {
    Path file = folder.resolve(library.file());
    return Files.exists(file) && Files.size(file) == library.size();
  }

  private static void extract(LibrarySource.Jar jar, Library library, Path folder)
      throws IOException {
    Path beside = Files.createTempFile(folder, library.file(), ".part");
    try (InputStream in = jar.open(library)) {
      Files.copy(in, beside, REPLACE_EXISTING);
      requireSize(library, beside);
      moveInto(folder, library, beside);
    } finally {
      Files.deleteIfExists(beside);
    }
  }

  private static void requireSize(Library library, Path file) throws IOException {
    long size = Files.size(file);
    if (size != library.size()) {
      throw new IOException(
          "%s: %d bytes, expected %d; is the jar damaged?"
              .formatted(library.file(), size, library.size()));
    }
  }

  private static void moveInto(Path folder, Library library, Path file) throws IOException {
    try {
      Files.move(file, folder.resolve(library.file()), ATOMIC_MOVE);
    } catch (IOException e) {
      // Windows does not replace what another process has loaded meanwhile: the same bytes
      if (!isThere(library, folder)) {
        throw e;
      }
    }
  }

  private static void markAsUsed(Path folder) {
    try {
      Files.setLastModifiedTime(folder, FileTime.from(Instant.now()));
    } catch (IOException e) {
      // a cache that was filled beforehand and cannot be written is a good cache
    }
  }
}
