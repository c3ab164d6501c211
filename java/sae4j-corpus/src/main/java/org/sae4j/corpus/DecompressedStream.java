package org.sae4j.corpus;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import org.sae4j.format.FormatException;

/** Decompresses, and says of what is damaged in which file it was. */
final class DecompressedStream extends InputStream {
  private final Path file;
  private final String format;
  private final InputStream in;

  /** Begins to decompress. */
  @FunctionalInterface
  interface Decompressor {
    InputStream open() throws IOException;
  }

  DecompressedStream(Path file, String format, Decompressor decompressor) throws IOException {
    this.file = file;
    this.format = format;
    try {
      in = decompressor.open();
    } catch (IOException e) {
      throw damaged(e);
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    try {
      return in.read(into, offset, length);
    } catch (IOException e) {
      throw damaged(e);
    }
  }

  private FormatException damaged(IOException e) {
    if (e instanceof FormatException explained) {
      return explained;
    }
    boolean truncated =
        e instanceof EOFException || String.valueOf(e.getMessage()).startsWith("Truncated");
    return FormatException.of(
        file,
        truncated
            ? "the " + format + " data is truncated"
            : "the " + format + " data is damaged: " + e.getMessage(),
        e);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
