package org.sae4j.engine.loader;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Deletes what is not used any more, as far as that is possible: what stays does no harm. Nothing
 * but the user's own files goes, and no link is followed, even one that appears meanwhile.
 */
final class StaleFiles {
  private StaleFiles() {}

  /** Deletes what is in a folder, has such a name, and was not touched for so long. */
  static void deleteIn(Path folder, Pattern name, Duration unused) {
    Instant limit = Instant.now().minus(unused);
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        if (name.matcher(entry.getFileName().toString()).matches() && isOlder(entry, limit)) {
          delete(entries, entry);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // next time
    }
  }

  private static boolean isOlder(Path entry, Instant limit) throws IOException {
    return Files.getLastModifiedTime(entry, NOFOLLOW_LINKS).toInstant().isBefore(limit);
  }

  /** Deletes a file, or a folder and all in it. */
  static void delete(Path path) {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path.getParent())) {
      delete(entries, path);
    } catch (IOException | DirectoryIteratorException e) {
      // next time
    }
  }

  private static void delete(DirectoryStream<Path> folder, Path entry) {
    try {
      Ownership ownership = Ownership.ofThisProcess();
      if (folder instanceof SecureDirectoryStream<Path> secure) {
        delete(secure, entry.getFileName(), ownership);
      } else if (ownership.isKeptForUs(entry)) {
        deleteByPath(entry);
      }
    } catch (IOException | DirectoryIteratorException e) {
      // another process was first, or Windows keeps a library that is loaded
    }
  }

  /** Goes from one open folder to the next: what a path leads to could have become another. */
  private static void delete(SecureDirectoryStream<Path> folder, Path name, Ownership ownership)
      throws IOException {
    PosixFileAttributes entry =
        folder
            .getFileAttributeView(name, PosixFileAttributeView.class, NOFOLLOW_LINKS)
            .readAttributes();
    if (!ownership.isUser(entry.owner())) {
      return;
    }
    if (!entry.isDirectory()) {
      folder.deleteFile(name);
      return;
    }
    try (SecureDirectoryStream<Path> inner = folder.newDirectoryStream(name, NOFOLLOW_LINKS)) {
      for (Path each : inner) {
        delete(inner, each.getFileName(), ownership);
      }
    }
    folder.deleteDirectory(name);
  }

  private static void deleteByPath(Path path) throws IOException {
    try (Stream<Path> found = Files.walk(path)) {
      List<Path> innermostFirst = found.sorted(Comparator.reverseOrder()).toList();
      for (Path each : innermostFirst) {
        Files.delete(each);
      }
    }
  }
}
