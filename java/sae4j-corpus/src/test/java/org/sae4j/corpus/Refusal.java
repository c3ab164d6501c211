package org.sae4j.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.sae4j.FormatException;

/** What becomes of a file from a stranger: it is read, or refused in words that help. */
final class Refusal {
  /** What the JVM tells programmers about their mistakes, which helps nobody else. */
  private static final List<Class<? extends RuntimeException>> MISTAKES =
      List.of(
          NullPointerException.class,
          IndexOutOfBoundsException.class,
          ClassCastException.class,
          NegativeArraySizeException.class,
          ArithmeticException.class);

  private Refusal() {}

  /** Reads a file. */
  @FunctionalInterface
  interface Reading {
    void read() throws IOException;
  }

  /**
   * Tells whether a file is refused; one that does anything else to its reader fails the test.
   *
   * @param file what the message has to begin with
   */
  static boolean of(Path file, Reading reading) throws IOException {
    try {
      reading.read();
      return false;
    } catch (FormatException e) {
      assertThat(e).hasMessageStartingWith(file + ": ");
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
