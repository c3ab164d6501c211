package org.sae4j.cli.files;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A file that grows while a command works and gets its name once it is complete.
 *
 * <p>Until then its name ends in {@code .part}, and it stays if the process is killed. Only one
 * process writes it at a time.
 */
public final class GrowingFile implements AutoCloseable {
  private final Path target;
  private final RandomAccessFile file;
  private final OutputStream out;

  /**
   * Opens the file beside, which need not be there, to write at its end.
   *
   * @throws IOException if another process is writing it
   */
  public GrowingFile(Path target) throws IOException {
    this.target = target;
    // Not a channel: an interrupt would close it.
    file = new RandomAccessFile(part(target).toFile(), "rw");
    out = new BufferedOutputStream(new End(), 1 << 16);
    try {
      lock();
    } catch (Throwable e) {
      file.close();
      throw e;
    }
  }

  private void lock() throws IOException {
    try {
      if (file.getChannel().tryLock() != null) {
        return;
      }
    } catch (OverlappingFileLockException e) {
      // The other one is in this process.
    }
    throw new IOException(part(target) + ": another process is writing it");
  }

  /** Writes at the end of the file. */
  private final class End extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        file.seek(file.length());
        file.write(bytes, offset, length);
      } catch (IOException e) {
        throw e instanceof FileSystemException
            ? e
            : new IOException(path() + ": " + e.getMessage(), e); // that of a full disk has no name
      }
    }
  }

  /** Reads the file from its start. */
  private final class Start extends InputStream {
    private long at;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      file.seek(at);
      int count = file.read(bytes, offset, length);
      at += Math.max(count, 0);
      return count;
    }
  }

  /**
   * The content, flushed so far.
   *
   * <p>Nobody but this may open the file: closing it again would give the lock back on Linux.
   */
  public InputStream content() {
    return new Start();
  }

  /** What the file is called before it is complete. */
  public static Path part(Path target) {
    return target.resolveSibling(target.getFileName() + ".part");
  }

  /** Where the file is before it is complete. */
  public Path path() {
    return part(target);
  }

  /** Drops what is beyond the first bytes; nothing has been appended yet. */
  public void truncate(long bytes) throws IOException {
    file.setLength(bytes);
  }

  public void append(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Hands over what was appended, so that it is safe from the end of this process. */
  public void flush() throws IOException {
    out.flush();
  }

  /** Gives the file its name, in place of one that is already there. */
  public void complete() throws IOException {
    flush();
    file.getFD().sync();
    file.close();
    Files.move(part(target), target, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Leaves the file as it was when it was last flushed. */
  @Override
  public void close() throws IOException {
    file.close();
  }
}
