package org.sae4j.cli.terminal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.util.Optional;

/** Standard output that remembers why writing failed; a PrintWriter does not say. */
public final class StandardOutput extends OutputStream {
  private final FileOutputStream file = new FileOutputStream(FileDescriptor.out);
  private Optional<IOException> failure = Optional.empty();

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    try {
      file.write(bytes, offset, length);
    } catch (IOException e) {
      failure = failure.or(() -> Optional.of(e));
      throw e;
    }
  }

  /**
   * Tells whether all that was printed arrived, or the reader wanted no more of it, and says so if
   * it did not.
   */
  public boolean isComplete(PrintWriter err) {
    Optional<IOException> loss = failure.filter(e -> !isClosedPipe(e));
    loss.ifPresent(e -> err.println("sae4j: standard output: " + e.getMessage()));
    return loss.isEmpty();
  }

  /** As after {@code | head}: Linux and macOS say "Broken pipe", Windows "The pipe ...". */
  private static boolean isClosedPipe(IOException e) {
    return String.valueOf(e.getMessage()).contains("pipe");
  }
}
