package org.sae4j.cli;

/** What the process tells its caller when it ends. */
final class ExitCode {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int WRONG_USAGE = 2;
  static final int INTERRUPTED = 130;

  private ExitCode() {}
}
