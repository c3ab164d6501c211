package org.sae4j.cli.options;

import org.sae4j.SessionOptions;

/** Reads a number of threads. */
final class ThreadsConverter extends WholeNumberConverter {
  ThreadsConverter() {
    super(1, SessionOptions.MAX_THREADS);
  }
}
