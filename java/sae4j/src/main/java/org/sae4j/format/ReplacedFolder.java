package org.sae4j.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder of files that appears complete or not at all.
 *
 * <p>The files go to a temporary neighbour, which takes the target's name last. Nothing takes the
 * place of a folder that holds something: no file system swaps two folders in one step.
 */
final class ReplacedFolder {
  /** Writes the files of the folder. */
  @FunctionalInterface
  interface Content {
    void writeTo(Path folder) throws IOException;
  }

  private ReplacedFolder() {}

  /** Writes {@code target}, which must be absent or empty. */
  static void write(Path target, Content content) throws IOException {
    requireWritable(target);
    Path part = ReplacedFile.neighbour(target);
    try {
      Files.createDirectory(part);
      content.writeTo(part);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      delete(part);
    }
  }

  static void requireWritable(Path target) throws IOException {
    if (Files.exists(target) && !isEmptyFolder(target)) {
      throw new IOException(target + ": expected a new or an empty folder, found something in it");
    }
    ReplacedFile.neighbour(target);
  }

  private static boolean isEmptyFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isEmpty();
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      List<Path> files;
      try (Stream<Path> found = Files.list(folder)) {
        files = found.toList();
      }
      for (Path file : files) {
        Files.delete(file);
      }
      Files.delete(folder);
    }
  }
}
