package org.sae4j.engine.loader;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Pattern;
import org.sae4j.engine.loader.LibraryList.Library;

/**
 * A folder of extracted libraries, named by their bytes. A file is complete or not there, so any
 * number of processes may extract at once and none waits for another. What is there is used only if
 * nobody else can have written it and it is what the list says.
 */
final class LibraryCache {
  private static final Pattern OURS = Pattern.compile("sae4j-.+-[0-9a-f]{16}");
  private static final Pattern PARTS = Pattern.compile(".+\\.part");
  private static final Duration LONG_UNUSED = Duration.ofDays(30);
  private static final Duration INTERRUPTED = Duration.ofHours(1);

  private LibraryCache() {}

  /** Makes sure that all libraries are in a folder that is the user's. */
  static void fill(Path folder, LibrarySource.Jar jar, Ownership ownership) throws IOException {
    boolean isNew = false;
    for (Library library : jar.list().libraries()) {
      if (!isThere(library, folder, ownership)) {
        extract(jar, library, folder, ownership);
        isNew = true;
      }
    }
    markAsUsed(folder);
    StaleFiles.deleteIn(folder, PARTS, INTERRUPTED);
    if (isNew) {
      StaleFiles.deleteIn(folder.getParent(), OURS, LONG_UNUSED);
    }
  }

  private static boolean isThere(Library library, Path folder, Ownership ownership)
      throws IOException {
    Path file = folder.resolve(library.file());
    try {
      return ownership.isOursAlone(file) && library.isIn(file);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static void extract(
      LibrarySource.Jar jar, Library library, Path folder, Ownership ownership) throws IOException {
    Path beside =
        Files.createTempFile(folder, library.file(), ".part", Ownership.permissions("rwxr-xr-x"));
    try {
      try (FileChannel channel = FileChannel.open(beside, WRITE)) {
        jar.copy(library, Channels.newOutputStream(channel));
        channel.force(true); // a power failure may keep the name and lose the bytes
      }
      moveInto(folder, library, beside, ownership);
    } finally {
      Files.deleteIfExists(beside);
    }
  }

  private static void moveInto(Path folder, Library library, Path file, Ownership ownership)
      throws IOException {
    try {
      Files.move(file, folder.resolve(library.file()), ATOMIC_MOVE);
      force(folder);
    } catch (IOException e) {
      // Windows does not replace what another process has loaded meanwhile: the same bytes
      if (!isThere(library, folder, ownership)) {
        throw e;
      }
    }
  }

  private static void force(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows opens no folders
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
