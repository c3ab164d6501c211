package org.sae4j.engine.loader;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;

/**
 * Tells what nobody but this process's user and root can change. On Windows everything passes:
 * there access control lists keep a user's folders from others.
 */
final class Ownership {
  private static final int ROOT = 0;
  private static final int MOST_LINKS = 40;

  /** The user's number; -1 where files have no such owners. */
  private final int user;

  private Ownership(int user) {
    this.user = user;
  }

  /** That of this process. */
  static Ownership ofThisProcess() throws IOException {
    return new Ownership(hasOwners() ? user() : -1);
  }

  private static boolean hasOwners() {
    return Path.of("").getFileSystem().supportedFileAttributeViews().contains("unix");
  }

  /** Java has no call for it. A user need not have a name either, as in a container. */
  private static int user() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (Files.isReadable(status)) {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("Uid:")) {
          return Integer.parseUnsignedInt(line.split("\\s+")[2]); // the effective one
        }
      }
    }
    Path mine = Files.createTempFile("sae4j-", null);
    try {
      return Entry.of(mine).owner();
    } finally {
      Files.delete(mine);
    }
  }

  /** What stands in a folder under a name, as the system's {@code stat} has it. */
  private record Entry(int owner, int group, int mode) {
    static Entry of(Path path) throws IOException {
      Map<String, Object> read = Files.readAttributes(path, "unix:uid,gid,mode", NOFOLLOW_LINKS);
      return new Entry((int) read.get("uid"), (int) read.get("gid"), (int) read.get("mode"));
    }

    boolean isFile() {
      return (mode & 0170000) == 0100000;
    }

    boolean isFolder() {
      return (mode & 0170000) == 0040000;
    }

    boolean isLink() {
      return (mode & 0170000) == 0120000;
    }

    /** Many systems give each user a group of the same number, and let it write by default. */
    boolean isWritableByOthers() {
      return (mode & 0002) != 0 || (mode & 0020) != 0 && group != owner;
    }

    /** Whether others may add entries, but neither remove nor rename those of the user. */
    boolean isSticky() {
      return (mode & 01000) != 0;
    }
  }

  /**
   * Makes an absolute folder with all above it if it is missing, and returns where it really is.
   */
  Path folder(Path path) throws IOException {
    return folder(path.getRoot(), path);
  }

  /**
   * The same below a folder that is taken as it is.
   *
   * @throws FileSystemException if others may replace a folder on the way or write to the last one
   */
  Path folder(Path above, Path names) throws IOException {
    if (user == -1) {
      return Files.createDirectories(above.resolve(names)).toRealPath();
    }
    Path at = above;
    int links = 0;
    Deque<Path> rest = new ArrayDeque<>();
    names.forEach(rest::add);
    while (!rest.isEmpty()) {
      Path next = at.resolve(rest.pop()).normalize();
      Entry entry = existing(next);
      requireOwner(next, entry);
      if (entry.isLink()) {
        if (++links > MOST_LINKS) {
          throw new FileSystemLoopException(next.toString());
        }
        Path target = Files.readSymbolicLink(next);
        at = target.isAbsolute() ? target.getRoot() : at;
        prepend(target, rest);
      } else {
        requireFolder(next, entry, rest.isEmpty());
        at = next;
      }
    }
    return at;
  }

  private static Entry existing(Path path) throws IOException {
    try {
      return Entry.of(path);
    } catch (NoSuchFileException e) {
      try {
        Files.createDirectory(path, permissions("rwxr-xr-x"));
      } catch (FileAlreadyExistsException another) {
        // process was first
      }
      return Entry.of(path);
    }
  }

  private static void prepend(Path names, Deque<Path> rest) {
    for (int i = names.getNameCount() - 1; i >= 0; i--) {
      rest.push(names.getName(i));
    }
  }

  private void requireOwner(Path path, Entry entry) throws FileSystemException {
    if (!isTrusted(entry)) {
      throw new FileSystemException(
          path.toString(), null, "it belongs to another user (" + entry.owner() + ")");
    }
  }

  private boolean isTrusted(Entry entry) {
    return entry.owner() == user || entry.owner() == ROOT;
  }

  private static void requireFolder(Path path, Entry entry, boolean last)
      throws FileSystemException {
    if (!entry.isFolder()) {
      throw new NotDirectoryException(path.toString());
    }
    if (entry.isWritableByOthers() && (last || !entry.isSticky())) {
      throw new FileSystemException(
          path.toString(),
          null,
          "other users may write to it (mode %o)".formatted(entry.mode() & 07777));
    }
  }

  /** Whether this is a file, and no link, that nobody else can write. */
  boolean isOursAlone(Path file) throws IOException {
    if (user == -1) {
      return Files.isRegularFile(file, NOFOLLOW_LINKS);
    }
    Entry entry = Entry.of(file);
    return entry.isFile() && isTrusted(entry) && !entry.isWritableByOthers();
  }

  /** Whether an entry of a folder is the user's, and nobody else can put another in its place. */
  boolean isKeptForUs(Path path) throws IOException {
    if (user == -1) {
      return true;
    }
    Entry folder = Entry.of(path.getParent().toRealPath());
    Entry entry = Entry.of(path);
    return entry.owner() == user
        && !entry.isWritableByOthers()
        && (!folder.isWritableByOthers() || folder.isSticky());
  }

  /** Whether a file's owner is this user. */
  boolean isUser(UserPrincipal owner) throws IOException {
    return owner.equals(
        Path.of("")
            .getFileSystem()
            .getUserPrincipalLookupService()
            .lookupPrincipalByName(Integer.toUnsignedString(user)));
  }

  /** What a new file or folder is created with, so that only its owner can write it. */
  static FileAttribute<?>[] permissions(String permissions) {
    return hasOwners()
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }
}
