package org.sae4j.cli.options;

/** Reads a whole number of at least zero. */
public final class IndexConverter extends WholeNumberConverter {
  IndexConverter() {
    super(0, Integer.MAX_VALUE);
  }
}
