package org.sae4j;

/** Hears how far an evaluation is. */
@FunctionalInterface
public interface Progress {

  /**
   * Hears of each finished batch, on the thread that evaluates; what it throws ends the evaluation.
   *
   * @param done tokens that have passed through the model, all passes together
   * @param total tokens that will have passed through at the end
   */
  void tokens(long done, long total);
}
