package org.sae4j.cli.terminal;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/** Prints what was assumed because a file does not say it. */
public final class Assumptions {
  private Assumptions() {}

  public static void print(Path path, List<String> assumptions, PrintWriter err) {
    assumptions.forEach(each -> err.println("note: " + path + ": assumed " + each));
  }
}
