package org.sae4j.pass;

/** Hears how far an evaluation, a study of latents, or an ablation is. */
@FunctionalInterface
public interface Progress {
  /** Stands for a total that is not known yet. */
  long UNKNOWN = -1;

  /**
   * Hears of each finished batch, on the thread that works; what it throws ends the work.
   *
   * @param done tokens that have passed through the model, all passes together; for an ablation
   *     those at which everything has been ablated, for each SAE
   * @param total the same at the end, or {@link #UNKNOWN}
   */
  void tokens(long done, long total);
}
