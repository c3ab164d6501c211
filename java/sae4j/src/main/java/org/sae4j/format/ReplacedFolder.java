package org.sae4j.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
    try (PartFile part = PartFile.in(ReplacedFile.folder(target))) {
      Files.createDirectory(part.folder());
      content.writeTo(part.folder());
      Files.move(part.folder(), target, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  static void requireWritable(Path target) throws IOException {
    if (Files.exists(target) && !isEmptyFolder(target)) {
      throw new IOException(target + ": expected a new or an empty folder, found something in it");
    }
    ReplacedFile.folder(target);
  }

  private static boolean isEmptyFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isEmpty();
    }
  }
}
