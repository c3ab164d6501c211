package org.sae4j.cli;

/** Reads a whole number of at least one. */
final class CountConverter extends WholeNumberConverter {
  CountConverter() {
    super(1, Integer.MAX_VALUE);
  }
}
