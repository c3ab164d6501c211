package org.sae4j.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** The Python tools in a process of their own, which works only when told to. */
final class Peer implements AutoCloseable {
  private static final String SCRIPT = "peers.py";

  private final Process process;
  private final Writer questions;
  private final BufferedReader answers;
  private final String versions;

  /**
   * Starts {@code peers.py}.
   *
   * @param python an interpreter that has the packages
   */
  Peer(String python, int threads) throws IOException {
    process =
        new ProcessBuilder(python, "-c", script(), Integer.toString(threads))
            .redirectError(Redirect.INHERIT)
            .start();
    questions = process.outputWriter(StandardCharsets.UTF_8);
    answers = process.inputReader(StandardCharsets.UTF_8);
    versions = answer();
  }

  private static String script() throws IOException {
    try (InputStream in = Objects.requireNonNull(Peer.class.getResourceAsStream(SCRIPT))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** What the process runs. */
  String versions() {
    return versions;
  }

  /** An item of {@code peers.py}; the first time it is asked for, it is set up, untimed. */
  Timing item(String name) {
    return () -> {
      questions.write(name + "\n");
      questions.flush();
      return Double.parseDouble(answer());
    };
  }

  private String answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IOException(SCRIPT + " has ended; what it said is above");
    }
    return line;
  }

  /** Ends the process. */
  @Override
  public void close() {
    try {
      questions.close();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
