package org.sae4j.ablation;

import java.util.List;
import java.util.concurrent.CancellationException;

/** An ablation that was interrupted; it knows what was found until then. */
public final class AblationCancelledException extends CancellationException {
  private static final long serialVersionUID = 1;

  private final transient List<AblationSummary> soFar;

  AblationCancelledException(String message, List<AblationSummary> soFar) {
    super(message);
    this.soFar = soFar;
  }

  /**
   * The summary of the effects that the listener has heard of.
   *
   * @throws IllegalStateException if there are several SAEs
   * @see #allSoFar
   */
  public AblationSummary soFar() {
    if (soFar.size() > 1) {
      throw new IllegalStateException("there are " + soFar.size() + " SAEs: use allSoFar");
    }
    return soFar.get(0);
  }

  /** The summaries of the effects that the listener has heard of, one for each SAE. */
  public List<AblationSummary> allSoFar() {
    return soFar;
  }
}
