package org.sae4j.format.container;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.sae4j.format.FormatException;

/** The numbers and strings of a GGUF header one after another, none read beyond the file's end. */
final class GgufInput {
  private static final int WINDOW = 1 << 16;

  /** Far above any chat template, and low enough that no header exhausts the heap. */
  private static final int MAX_STRING = 1 << 24;

  private final FileChannel channel;
  private final Path file;
  private final long size;
  private long windowStart;
  private ByteBuffer window = ByteBuffer.allocate(0);

  GgufInput(FileChannel channel, Path file) throws IOException {
    this.channel = channel;
    this.file = file;
    this.size = channel.size();
  }

  /** The position of the next byte in the file. */
  long position() {
    return windowStart + window.position();
  }

  /** The bytes that are left in the file. */
  long remaining() {
    return size - position();
  }

  byte nextByte(String part) throws IOException {
    return next(part, Byte.BYTES).get();
  }

  short nextShort(String part) throws IOException {
    return next(part, Short.BYTES).getShort();
  }

  int nextInt(String part) throws IOException {
    return next(part, Integer.BYTES).getInt();
  }

  long nextLong(String part) throws IOException {
    return next(part, Long.BYTES).getLong();
  }

  /** Reads a number of things each of which takes at least so many bytes. */
  long nextCount(String part, int bytesEach) throws IOException {
    long count = nextLong(part);
    // Read as unsigned: a count above 2⁶³ is negative here.
    if (Long.compareUnsigned(count, remaining() / bytesEach) > 0) {
      throw FormatException.of(
          file,
          "%s: %s do not fit into the %d bytes that are left"
              .formatted(part, Long.toUnsignedString(count), remaining()));
    }
    return count;
  }

  String nextString(String part) throws IOException {
    int length = (int) nextCount(part, 1, MAX_STRING);
    byte[] bytes = new byte[length];
    for (int done = 0; done < length; ) {
      int step = Math.min(WINDOW, length - done);
      next(part, step).get(bytes, done, step);
      done += step;
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Reads a count as {@link #nextCount(String, int)} does, and refuses one above a limit. */
  long nextCount(String part, int bytesEach, int limit) throws IOException {
    long count = nextCount(part, bytesEach);
    if (count > limit) {
      throw FormatException.of(file, part + ": " + count + "; more than " + limit + " are refused");
    }
    return count;
  }

  /** Passes over bytes. */
  void skip(String part, long bytes) throws IOException {
    if (bytes > remaining()) {
      throw FormatException.of(
          file, part + ": file ends " + (bytes - remaining()) + " bytes too early");
    }
    if (bytes <= window.remaining()) {
      window.position(window.position() + (int) bytes);
    } else {
      windowStart = position() + bytes;
      window = ByteBuffer.allocate(0);
    }
  }

  /** Returns a little-endian buffer at whose position so many bytes stand. */
  private ByteBuffer next(String part, int bytes) throws IOException {
    if (bytes > window.remaining()) {
      long start = position();
      int length = (int) Math.min(Math.max(bytes, WINDOW), Math.max(bytes, size - start));
      window = PositionalRead.read(channel, file, part, start, length);
      windowStart = start;
    }
    return window;
  }
}
