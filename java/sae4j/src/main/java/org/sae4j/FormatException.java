package org.sae4j;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file is damaged, contradicts itself, or holds something that sae4j does not read.
 *
 * <p>The message names the file first and then, as far as they apply, the tensor or key, what was
 * expected and what was found.
 */
public final class FormatException extends IOException {
  private static final long serialVersionUID = 1;

  private FormatException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Says what is wrong with a file. */
  public static FormatException of(Path file, String problem) {
    return new FormatException(file + ": " + problem, null);
  }

  /** Says what is wrong with a file and keeps the exception that revealed it. */
  public static FormatException of(Path file, String problem, Throwable cause) {
    return new FormatException(file + ": " + problem, cause);
  }

  /** Says that one part of a file (such as {@code tensor W_enc}) is not what it has to be. */
  public static FormatException mismatch(Path file, String part, Object expected, Object found) {
    return of(file, part + ": expected " + expected + ", found " + found);
  }
}
