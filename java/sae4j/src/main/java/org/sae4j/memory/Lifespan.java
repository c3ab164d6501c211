package org.sae4j.memory;

/** How long the results of a run are the run's: until its memory is used again or given up. */
public final class Lifespan {
  private volatile String end = "";

  /** Ends it, for a reason that completes "this result is gone: ". */
  void end(String reason) {
    end = reason;
  }

  /** Returns while it lasts. */
  public void require() {
    String reason = end;
    if (!reason.isEmpty()) {
      throw new IllegalStateException(
          "this result is gone: " + reason + "; keep what you need with toArray()");
    }
  }
}
