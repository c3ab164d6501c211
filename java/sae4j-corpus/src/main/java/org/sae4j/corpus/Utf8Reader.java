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
import org.sae4j.FormatException;

/** UTF-8 text; what is not UTF-8 is refused with its place. */
final class Utf8Reader extends Reader {
  private final Path file;
  private final InputStream in;
  private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
  private final ByteBuffer bytes = ByteBuffer.allocate(1 << 16).flip();
  private final CharBuffer chars = CharBuffer.allocate(1 << 16).flip();
  private long taken; // from the stream
  private boolean ended;

  Utf8Reader(Path file, InputStream in) {
    this.file = file;
    this.in = in;
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
    int count = in.read(bytes.array(), bytes.position(), bytes.remaining());
    ended |= count < 0;
    bytes.position(bytes.position() + Math.max(0, count)).flip();
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

  @Override
  public void close() throws IOException {
    in.close();
  }
}
