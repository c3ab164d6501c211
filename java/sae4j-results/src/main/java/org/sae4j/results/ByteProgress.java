package org.sae4j.results;

/** Is told how much of a file has been read. */
@FunctionalInterface
public interface ByteProgress {
  /** Hears of the bytes so far, and of how many there are. */
  void bytes(long done, long total);
}
