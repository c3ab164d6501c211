package org.sae4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import org.sae4j.SaeConfig;

/** Tells the user what was assumed about an SAE because its file does not say. */
final class Assumptions {
  private Assumptions() {}

  static void print(Path path, SaeConfig sae, PrintWriter err) {
    sae.assumptions().forEach(each -> err.println("note: " + path + ": assumed " + each));
  }
}
