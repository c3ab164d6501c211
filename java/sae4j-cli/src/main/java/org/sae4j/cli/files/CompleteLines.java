package org.sae4j.cli.files;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Reads the complete lines of a file.
 *
 * <p>A last line without its end was written by a process that was killed; it is left out.
 */
public final class CompleteLines implements AutoCloseable {
  private final InputStream in;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private long end;

  public CompleteLines(InputStream content) {
    in = new BufferedInputStream(content, 1 << 16);
  }

  /** The next line, without its end; empty if there is none. */
  public Optional<String> next() throws IOException {
    line.reset();
    for (int b = in.read(); b >= 0; b = in.read()) {
      if (b == '\n') {
        end += line.size() + 1;
        return Optional.of(line.toString(StandardCharsets.UTF_8));
      }
      line.write(b);
    }
    return Optional.empty();
  }

  /** How many bytes the lines so far have, their ends included. */
  public long end() {
    return end;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
