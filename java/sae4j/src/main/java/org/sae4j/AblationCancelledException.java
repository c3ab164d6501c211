package org.sae4j;

import java.util.concurrent.CancellationException;

/** An ablation that was interrupted; it knows what was found until then. */
public final class AblationCancelledException extends CancellationException {
  private static final long serialVersionUID = 1;

  private final transient AblationSummary soFar;

  AblationCancelledException(String message, AblationSummary soFar) {
    super(message);
    this.soFar = soFar;
  }

  /** The summary of the effects that the listener has heard of. */
  public AblationSummary soFar() {
    return soFar;
  }
}
