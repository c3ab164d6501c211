package org.sae4j.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What becomes of a file from a stranger: it is read, or refused in words that help. */
public final class Refusal {
  /** What the JVM tells programmers about their mistakes, which helps nobody else. */
  private static final List<Class<? extends RuntimeException>> MISTAKES =
      List.of(
          NullPointerException.class,
          IndexOutOfBoundsException.class,
          ClassCastException.class,
          NegativeArraySizeException.class,
          ArithmeticException.class);

  private Refusal() {}

  /** Reads a file or a folder. */
  @FunctionalInterface
  public interface Reading {
    void read() throws IOException;
  }

  /**
   * Tells whether a file is refused; one that does anything else to its reader fails the test.
   *
   * @param path the message begins with it; if it is a folder, with the path of a file in it
   * @param refusal the exception that refuses
   */
  public static boolean of(Path path, Class<? extends IOException> refusal, Reading reading)
      throws IOException {
    try {
      reading.read();
      return false;
    } catch (IOException e) {
      if (!refusal.isInstance(e)) {
        throw e;
      }
      assertThat(e).hasMessageStartingWith(path + (Files.isDirectory(path) ? "" : ": "));
      String problem = e.getMessage().substring(e.getMessage().indexOf(": ") + 2);
      assertThat(problem).isNotBlank().isNotEqualTo("null").doesNotContainPattern("\\p{Cntrl}");
      Throwable cause = e.getCause();
      if (MISTAKES.stream().anyMatch(mistake -> mistake.isInstance(cause))) {
        assertThat(problem).doesNotEndWith(String.valueOf(cause.getMessage()));
      }
      return true;
    }
  }
}
