package org.sae4j.cli.options;

/** Reads a whole number from 1. */
public final class CountConverter extends WholeNumberConverter {
  CountConverter() {
    super(1, Integer.MAX_VALUE);
  }
}
