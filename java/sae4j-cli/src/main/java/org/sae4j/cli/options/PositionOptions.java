package org.sae4j.cli.options;

import org.sae4j.results.JsonDocument;
import org.sae4j.tokens.Positions;
import picocli.CommandLine.Option;

/** Options that say which tokens are replaced and which are counted. */
public final class PositionOptions {
  @Option(
      names = "--skip-first-replace",
      description = "Do not replace the activation of each sequence's first token.")
  private boolean skipFirstReplace;

  @Option(
      names = "--skip-first-count",
      description = "Leave each sequence's first token out of all numbers and means.")
  private boolean skipFirstCount;

  public Positions replaced() {
    return skipFirstReplace ? Positions.allButFirst() : Positions.all();
  }

  public Positions counted() {
    return skipFirstCount ? Positions.allButFirst() : Positions.all();
  }

  /** Writes down these options. */
  public void describe(JsonDocument document) {
    document
        .option("skip_first_replace", skipFirstReplace)
        .option("skip_first_count", skipFirstCount);
  }
}
