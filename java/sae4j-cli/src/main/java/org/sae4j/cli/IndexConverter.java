package org.sae4j.cli;

/** Reads a whole number of at least zero. */
final class IndexConverter extends WholeNumberConverter {
  IndexConverter() {
    super(0, Integer.MAX_VALUE);
  }
}
