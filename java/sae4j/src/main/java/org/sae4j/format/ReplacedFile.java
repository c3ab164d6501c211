package org.sae4j.format;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * A file that appears complete or not at all.
 *
 * <p>The bytes go to a temporary neighbour, which takes the target's name only after it has reached
 * the disk. Whatever fails before that, an older file of that name stays as it was.
 */
final class ReplacedFile {
  /** Writes the content of the file from its start. */
  @FunctionalInterface
  interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  private ReplacedFile() {}

  /** Writes {@code target}, replacing a file that is already there. */
  static void write(Path target, Content content) throws IOException {
    boolean there = Files.exists(target, LinkOption.NOFOLLOW_LINKS);
    // A device, a pipe or a link would be gone.
    if (target.getFileName() == null
        || there && !Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(
          target + ": expected the name of a file to write, found something else");
    }
    Path part = neighbour(target);
    try {
      // Files.createTempFile would let nobody but the owner read it, even after the move.
      try (FileChannel channel =
          FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      // That of a full disk names no file; what does is of a class of its own.
      throw e.getClass() == IOException.class
          ? new IOException(target + ": " + e.getMessage(), e)
          : e;
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /** Returns a new name beside the target, or says why nothing can be written there. */
  static Path neighbour(Path target) throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new IOException(target + ": the folder to write to does not exist: " + folder);
    }
    if (!Files.isWritable(folder)) {
      throw new IOException(target + ": the folder to write to is read-only: " + folder);
    }
    return folder.resolve(".sae4j-" + UUID.randomUUID() + ".part");
  }
}
