package org.sae4j.cli.options;

/** Reads a whole number from 0. */
public final class IndexConverter extends WholeNumberConverter {
  IndexConverter() {
    super(0, Integer.MAX_VALUE);
  }
}
