package org.sae4j.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * A file is damaged, contradicts itself, or holds something that sae4j does not read.
 *
 * <p>The message names the file first and then, as far as they apply, the tensor or key, what was
 * expected and what was found. It is one line, whatever the names and values in the file are.
 */
public final class FormatException extends IOException {
  private static final long serialVersionUID = 1;

  /** What would move a terminal's cursor, or turn the direction of writing. */
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\p{Cf}\u2028\u2029]");

  private static final int LONGEST = 2000;

  private FormatException(Path file, String problem, Throwable cause) {
    super(file + ": " + line(problem), cause);
  }

  private static String line(String problem) {
    boolean fits = problem.length() <= LONGEST;
    return CONTROL.matcher(fits ? problem : problem.substring(0, LONGEST) + "…").replaceAll("?");
  }

  /** Says what is wrong with a file. */
  public static FormatException of(Path file, String problem) {
    return new FormatException(file, problem, null);
  }

  /** Says what is wrong with a file and keeps the exception that revealed it. */
  public static FormatException of(Path file, String problem, Throwable cause) {
    return new FormatException(file, problem, cause);
  }

  /** Says that one part of a file (such as {@code tensor W_enc}) is not what it has to be. */
  public static FormatException mismatch(Path file, String part, Object expected, Object found) {
    return of(file, part + ": expected " + expected + ", found " + found);
  }
}
