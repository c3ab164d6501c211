package org.sae4j.cli.terminal;

import java.io.IOException;

/** Finds out whether standard error is a terminal. */
final class ConsoleTerminal {
  private ConsoleTerminal() {}

  /** Tells whether standard error is a terminal; where there is no way to tell, it is not. */
  static boolean isStandardError() {
    try {
      // Java can only tell of standard input and output together.
      return new ProcessBuilder("test", "-t", "2").inheritIO().start().waitFor() == 0;
    } catch (IOException e) {
      return System.console() != null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
