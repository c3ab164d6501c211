package org.sae4j.cli.terminal;

import java.io.PrintWriter;
import java.util.Set;

/** The exit codes of the process. */
public final class ExitCode {
  public static final int DONE = 0;
  public static final int FAILED = 1;
  public static final int WRONG_USAGE = 2;
  public static final int INTERRUPTED = 130;

  private ExitCode() {}

  /**
   * A number that is none is a failure, even if its reason is known and everything is written.
   *
   * @param undefined the keys of such numbers
   */
  public static int of(Set<String> undefined, PrintWriter err) {
    if (undefined.isEmpty()) {
      return DONE;
    }
    err.println("undefined results: " + String.join(", ", undefined));
    return FAILED;
  }
}
