package org.sae4j.corpus;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decompresses gzip, member after member, as Python's gzip does: zeros behind a member are padding,
 * anything else there has to be another member, and all have to be whole.
 *
 * <p>{@link java.util.zip.GZIPInputStream} takes what it does not understand for the end.
 */
final class GzipMembers extends InputStream {
  private static final int MAGIC_1 = 0x1F;
  private static final int MAGIC_2 = 0x8B;
  private static final int DEFLATED = 8;
  private static final int FLAG_HEADER_CHECKSUM = 2;
  private static final int FLAG_EXTRA = 4;
  private static final int FLAG_NAME = 8;
  private static final int FLAG_COMMENT = 16;
  private static final int FLAGS_RESERVED = 0xE0;
  private static final int TIME_AND_SYSTEM = 6;

  private final InputStream in;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 checksum = new CRC32();
  private final byte[] buffer = new byte[1 << 14];
  private int from;
  private int to;
  private long consumed; // of all before the buffer
  private int members;
  private boolean inMember;

  GzipMembers(InputStream in) {
    this.in = in;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (inMember || nextMember()) {
      int count = inflate(into, offset, length);
      if (count > 0) {
        checksum.update(into, offset, count);
        return count;
      }
      readTrailer();
      inMember = false;
    }
    return -1;
  }

  private boolean nextMember() throws IOException {
    if (members > 0) {
      skipZeros();
    }
    if (atEnd()) {
      return false;
    }
    readHeader();
    checksum.reset();
    inflater.reset();
    members++;
    inMember = true;
    return true;
  }

  /** The member's next bytes, none at its end. */
  private int inflate(byte[] into, int offset, int length) throws IOException {
    try {
      while (true) {
        int count = inflater.inflate(into, offset, length);
        if (count > 0) {
          return count;
        }
        if (inflater.finished()) {
          from = to - inflater.getRemaining();
          return 0;
        }
        requireMore();
        inflater.setInput(buffer, from, to - from);
        from = to;
      }
    } catch (DataFormatException e) {
      throw new IOException(e.getMessage() == null ? "no deflated bytes" : e.getMessage(), e);
    }
  }

  private void readHeader() throws IOException {
    long start = consumed + from;
    checksum.reset();
    if (next() != MAGIC_1 || next() != MAGIC_2) {
      throw new IOException(
          "expected a member or the end at byte %d, found other bytes".formatted(start));
    }
    int method = next();
    int flags = next();
    if (method != DEFLATED || (flags & FLAGS_RESERVED) != 0) {
      throw new IOException("a member of a kind that there is not at byte " + start);
    }
    skip(TIME_AND_SYSTEM);
    if ((flags & FLAG_EXTRA) != 0) {
      skip(nextShort());
    }
    if ((flags & FLAG_NAME) != 0) {
      skipText();
    }
    if ((flags & FLAG_COMMENT) != 0) {
      skipText();
    }
    int expected = (int) checksum.getValue() & 0xFFFF;
    if ((flags & FLAG_HEADER_CHECKSUM) != 0 && nextShort() != expected) {
      throw new IOException("a header's checksum is wrong at byte " + start);
    }
  }

  private void readTrailer() throws IOException {
    long expected = checksum.getValue();
    long length = inflater.getBytesWritten() & 0xFFFF_FFFFL;
    if (nextInt() != expected) {
      throw new IOException("a member's checksum is wrong before byte " + (consumed + from));
    }
    if (nextInt() != length) {
      throw new IOException("a member's length is wrong before byte " + (consumed + from));
    }
  }

  private void skip(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      next();
    }
  }

  private void skipText() throws IOException {
    while (next() != 0) {}
  }

  private void skipZeros() throws IOException {
    while (!atEnd() && buffer[from] == 0) {
      from++;
    }
  }

  private long nextInt() throws IOException {
    return nextShort() | (long) nextShort() << 16;
  }

  private int nextShort() throws IOException {
    return next() | next() << 8;
  }

  private int next() throws IOException {
    requireMore();
    checksum.update(buffer[from]);
    return buffer[from++] & 0xFF;
  }

  private void requireMore() throws IOException {
    if (atEnd()) {
      throw new EOFException("a member is cut");
    }
  }

  private boolean atEnd() throws IOException {
    while (from == to) {
      consumed += to;
      from = 0;
      to = 0;
      int count = in.read(buffer, 0, buffer.length);
      if (count < 0) {
        return true;
      }
      to = count;
    }
    return false;
  }

  @Override
  public void close() throws IOException {
    inflater.end();
    in.close();
  }
}
