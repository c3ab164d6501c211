package org.sae4j.corpus;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.sae4j.format.FormatException;

/** UTF-8 text; what is not UTF-8, or no text, is refused with its place. */
final class Utf8Reader extends Reader {
  private static final byte[] UTF_8 = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final byte[] UTF_16LE = {(byte) 0xFF, (byte) 0xFE};
  private static final byte[] UTF_16BE = {(byte) 0xFE, (byte) 0xFF};
  private static final byte[] UTF_32LE = {(byte) 0xFF, (byte) 0xFE, 0, 0};
  private static final byte[] UTF_32BE = {0, 0, (byte) 0xFE, (byte) 0xFF};
  private static final int LONGEST_MARK = 4;

  private final Path file;
  private final InputStream in;
  private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
  private final ByteBuffer bytes = ByteBuffer.allocate(1 << 16).flip();
  private final CharBuffer chars = CharBuffer.allocate(1 << 16).flip();
  private long taken; // from the stream
  private boolean begun;
  private boolean marked; // the text begins with U+FEFF
  private boolean ended;

  Utf8Reader(Path file, InputStream in) {
    this.file = file;
    this.in = in;
  }

  /** Tells whether the text begins with U+FEFF, which some editors write to mark UTF-8. */
  boolean isMarked() throws IOException {
    if (!begun) {
      fill();
    }
    return marked;
  }

  @Override
  public int read(char[] into, int offset, int length) throws IOException {
    while (!chars.hasRemaining()) {
      if (ended && !bytes.hasRemaining()) {
        return -1;
      }
      fill();
    }
    int count = Math.min(length, chars.remaining());
    chars.get(into, offset, count);
    return count;
  }

  private void fill() throws IOException {
    bytes.compact();
    int from = bytes.position();
    int count =
        begun
            ? in.read(bytes.array(), from, bytes.remaining())
            : in.readNBytes(bytes.array(), 0, LONGEST_MARK);
    ended |= count < 0;
    bytes.position(from + Math.max(0, count)).flip();
    if (!begun) {
      begun = true;
      requireNoOtherMark();
      marked = begins(UTF_8);
    }
    requireNoNul(from);
    taken += Math.max(0, count);
    CoderResult result = decoder.decode(bytes, chars.clear(), ended);
    chars.flip();
    if (result.isError()) {
      int first = bytes.get(bytes.position()) & 0xFF;
      throw FormatException.of(
          file,
          "expected UTF-8, found byte 0x%02X at offset %d%s"
              .formatted(
                  first, taken - bytes.remaining(), ended ? ", where the text ends early" : ""));
    }
  }

  private void requireNoOtherMark() throws FormatException {
    String found = begins(UTF_32LE) || begins(UTF_32BE) ? "UTF-32" : "UTF-16";
    if (begins(UTF_16LE) || begins(UTF_16BE) || found.equals("UTF-32")) {
      throw FormatException.of(
          file,
          "expected UTF-8, found the byte order mark of %1$s: convert it, for instance with iconv -f %1$s -t UTF-8"
              .formatted(found));
    }
  }

  private boolean begins(byte[] mark) {
    return bytes.remaining() >= mark.length
        && Arrays.equals(bytes.array(), 0, mark.length, mark, 0, mark.length);
  }

  /** No text has this character; what has it is UTF-16 without a mark, or no text at all. */
  private void requireNoNul(int from) throws FormatException {
    for (int i = from; i < bytes.limit(); i++) {
      if (bytes.get(i) == 0) {
        throw FormatException.of(
            file,
            "expected text in UTF-8, found a NUL byte at offset %d: if it is UTF-16, convert it, for instance with iconv -f UTF-16LE -t UTF-8"
                .formatted(taken + i - from));
      }
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
