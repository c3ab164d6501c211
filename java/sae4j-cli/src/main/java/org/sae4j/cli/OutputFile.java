package org.sae4j.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** A file that a command writes: it appears complete or not at all. */
final class OutputFile {
  private OutputFile() {}

  /** Fails now rather than after the work if the file cannot be written. */
  static void requireWritable(Path target) throws IOException {
    // Moving a file over a device, a pipe or a link to one, as /dev/stdout is, would replace it.
    if (Files.isSymbolicLink(target)) {
      throw new IOException(
          target
              + ": expected a file to write, found a symbolic link to "
              + Files.readSymbolicLink(target));
    }
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      throw new IOException(target + ": expected a file to write, found something else");
    }
    Path folder = folder(target);
    if (!Files.isDirectory(folder)) {
      throw new IOException(target + ": the folder to write to does not exist: " + folder);
    }
    if (!Files.isWritable(folder)) {
      throw new IOException(target + ": the folder to write to is read-only: " + folder);
    }
  }

  /** Writes a text, in place of a file that is already there. */
  static void write(Path target, String text) throws IOException {
    write(target, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes bytes, in place of a file that is already there. */
  static void write(Path target, byte[] bytes) throws IOException {
    requireWritable(target);
    Path part = folder(target).resolve(".sae4j-" + UUID.randomUUID() + ".part");
    try {
      Files.write(part, bytes, StandardOpenOption.CREATE_NEW);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw named(target, e);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /** The exception with the file in it: that of a full disk has none. */
  static IOException named(Path target, IOException e) {
    return e instanceof FileSystemException
        ? e
        : new IOException(target + ": " + e.getMessage(), e);
  }

  private static Path folder(Path target) {
    return target.toAbsolutePath().getParent();
  }
}
