package org.sae4j.format.container;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * A temporary file in the folder where something is written, locked as long as its process lives.
 *
 * <p>What killed processes left there, files of such names that nobody has locked, goes when the
 * next one begins to write in that folder.
 */
final class PartFile implements Closeable {
  private static final String PREFIX = ".sae4j-";
  private static final String SUFFIX = ".part";
  private static final String BESIDE = ".folder";

  /**
   * Those of this process. They are not to be opened again: on Linux closing a file gives back
   * every lock that the process has on it.
   */
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  /** Those folders are looked through once. */
  private static final Set<Path> CLEANED = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final FileChannel channel;

  private PartFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /** Makes a new one. */
  static PartFile in(Path folder) throws IOException {
    while (true) {
      Optional<PartFile> made = tryOpen(folder, UUID.randomUUID().toString());
      if (made.isPresent()) {
        return made.get();
      }
    }
  }

  /**
   * Makes the one of this name.
   *
   * @return empty if another process, or this one, has it
   */
  static Optional<PartFile> tryOpen(Path folder, String name) throws IOException {
    Path path = folder.resolve(PREFIX + name + SUFFIX);
    if (!OWN.add(path)) {
      return Optional.empty();
    }
    try {
      Optional<PartFile> opened = open(path);
      if (opened.isEmpty()) {
        OWN.remove(path);
      } else if (CLEANED.add(folder)) {
        clean(folder, path);
      }
      return opened;
    } catch (Throwable e) {
      OWN.remove(path);
      throw e;
    }
  }

  private static Optional<PartFile> open(Path path) throws IOException {
    while (true) {
      if (Thread.currentThread().isInterrupted()) {
        throw new ClosedByInterruptException(); // as locking would, but before a file is there
      }
      FileChannel channel =
          FileChannel.open(
              path,
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              LinkOption.NOFOLLOW_LINKS);
      boolean locked = isLocked(channel);
      // Before the lock was there it may have been deleted as one that nobody has.
      if (locked && Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        return Optional.of(new PartFile(path, channel));
      }
      channel.close();
      if (!locked) {
        return Optional.empty();
      }
    }
  }

  /** Locks a file; true also where the file system has no locks. */
  private static boolean isLocked(FileChannel channel) throws ClosedByInterruptException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    } catch (ClosedByInterruptException e) {
      throw e;
    } catch (IOException e) {
      return true;
    }
  }

  /**
   * Deletes what nobody has any more.
   *
   * @param own a file of this process, by whose owner it knows which ones it may delete
   */
  static void clean(Path folder, Path own) throws IOException {
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, PREFIX + "*" + SUFFIX)) {
      for (Path part : found) {
        if (!OWN.contains(part) && isOfSameOwner(part, own)) {
          deleteIfLeft(part);
        }
      }
    }
  }

  private static boolean isOfSameOwner(Path part, Path own) throws IOException {
    try {
      return Files.isRegularFile(part, LinkOption.NOFOLLOW_LINKS)
          && Files.getOwner(part, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(own));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static void deleteIfLeft(Path part) throws IOException {
    try (FileChannel channel =
        FileChannel.open(part, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      if (channel.tryLock() != null) {
        deleteFolder(beside(part));
        Files.deleteIfExists(part);
      }
    } catch (IOException | OverlappingFileLockException e) {
      // Somebody else's, or somebody else deletes it, or there are no locks to tell: it stays.
    }
  }

  /** Where the bytes go. */
  FileChannel channel() {
    return channel;
  }

  /** A name for a folder that is this file's: it goes with it. */
  Path folder() {
    return beside(path);
  }

  private static Path beside(Path part) {
    return part.resolveSibling(part.getFileName() + BESIDE);
  }

  /** Gives the file its final name, in place of one that is there. */
  void moveTo(Path target) throws IOException {
    Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Deletes what has not been moved. */
  @Override
  public void close() throws IOException {
    try (channel) {
      deleteFolder(folder());
      Files.deleteIfExists(path);
    } finally {
      OWN.remove(path);
    }
  }

  private static void deleteFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> found = Files.list(folder)) {
      for (Path file : found.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
