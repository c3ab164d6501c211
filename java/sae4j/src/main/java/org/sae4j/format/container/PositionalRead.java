package org.sae4j.format.container;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.sae4j.format.FormatException;

/**
 * Reads a region of a file completely or not at all.
 *
 * <p>Files are read, never mapped: a mapped file that is truncated later takes the JVM with it.
 */
public final class PositionalRead {
  private PositionalRead() {}

  /** Opens a file for reading, or says in words why it cannot be. */
  public static FileChannel open(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw FormatException.of(file, "is a folder, not a file");
    }
    try {
      return FileChannel.open(file);
    } catch (NoSuchFileException e) {
      throw FormatException.of(file, "no such file", e);
    } catch (AccessDeniedException e) {
      throw FormatException.of(file, "may not be read", e);
    }
  }

  /** Fills the buffer from a position on and flips it; the part of the file is for messages. */
  static void fill(FileChannel channel, Path file, String part, long position, ByteBuffer buffer)
      throws IOException {
    buffer.order(ByteOrder.LITTLE_ENDIAN);
    long at = position;
    while (buffer.hasRemaining()) {
      int count = channel.read(buffer, at);
      if (count < 0) {
        throw FormatException.of(
            file,
            part + ": file ends at byte " + at + ", " + buffer.remaining() + " bytes too early");
      }
      at += count;
    }
    buffer.flip();
  }

  /** Reads a small region into a new buffer. */
  public static ByteBuffer read(
      FileChannel channel, Path file, String part, long position, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    fill(channel, file, part, position, buffer);
    return buffer;
  }
}
