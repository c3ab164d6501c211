package org.sae4j.format.container;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Writes a file or a folder that appears complete or not at all.
 *
 * <p>The bytes go to a temporary neighbour, which takes the target's name only after it has reached
 * the disk. Whatever fails before that, an older file of that name stays as it was. What a killed
 * process leaves there the next one deletes.
 */
public final class AtomicFile {
  /** Writes the content of the file from its start. */
  @FunctionalInterface
  public interface Content {
    /** Writes all of it. */
    void writeTo(FileChannel channel) throws IOException;
  }

  /** Writes the files of a folder. */
  @FunctionalInterface
  public interface FolderContent {
    /** Writes all of them. */
    void writeTo(Path folder) throws IOException;
  }

  private AtomicFile() {}

  /** Writes a text, replacing a file that is already there. */
  public static void write(Path target, String text) throws IOException {
    write(target, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes bytes, replacing a file that is already there. */
  public static void write(Path target, byte[] bytes) throws IOException {
    write(target, channel -> Channels.newOutputStream(channel).write(bytes));
  }

  /** Writes {@code target}, replacing a file that is already there. */
  public static void write(Path target, Content content) throws IOException {
    requireWritable(target);
    // Not Files.createTempFile: it would let nobody but the owner read it, even after the move.
    try (PartFile part = PartFile.in(folder(target))) {
      content.writeTo(part.channel());
      part.channel().force(true);
      part.moveTo(target);
    } catch (IOException e) {
      // That of a full disk names no file; what does is of a class of its own.
      throw e.getClass() == IOException.class
          ? new IOException(target + ": " + e.getMessage(), e)
          : e;
    }
  }

  /**
   * Writes a folder, which must be absent or empty.
   *
   * <p>Nothing takes the place of a folder that holds something: no file system swaps two folders
   * in one step.
   */
  public static void writeFolder(Path target, FolderContent content) throws IOException {
    if (Files.exists(target) && !isEmptyFolder(target)) {
      throw new IOException(target + ": expected a new or an empty folder, found something in it");
    }
    try (PartFile part = PartFile.in(folder(target))) {
      Files.createDirectory(part.folder());
      content.writeTo(part.folder());
      Files.move(part.folder(), target, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static boolean isEmptyFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isEmpty();
    }
  }

  /**
   * Fails now rather than after the work if the file cannot be written.
   *
   * @throws IOException if there is no such folder, it is read-only, or there is something else of
   *     that name: a device, a pipe or a link would be gone
   */
  public static void requireWritable(Path target) throws IOException {
    if (target.getFileName() == null) {
      throw new IOException(target + ": expected the name of a file to write");
    }
    if (Files.isSymbolicLink(target)) {
      throw new IOException(
          target
              + ": expected a file to write, found a symbolic link to "
              + Files.readSymbolicLink(target));
    }
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(target)) {
      throw new IOException(target + ": expected a file to write, found something else");
    }
    folder(target);
  }

  /**
   * Reserves the writing of a file until that is closed.
   *
   * @throws IOException if another process has reserved it, or has begun to
   */
  public static Closeable reserve(Path target) throws IOException {
    Optional<PartFile> lock = PartFile.tryOpen(folder(target), target.getFileName().toString());
    return lock.orElseThrow(() -> new IOException(target + ": another process is writing it"));
  }

  /** Returns the folder that the target is in, or says why nothing can be written there. */
  private static Path folder(Path target) throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new IOException(target + ": the folder to write to does not exist: " + folder);
    }
    if (!Files.isWritable(folder)) {
      throw new IOException(target + ": the folder to write to is read-only: " + folder);
    }
    return folder;
  }
}
