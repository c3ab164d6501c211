package org.sae4j;

/** How long the results of a run are the run's: until its memory is used again or given up. */
final class Lifespan {
  private volatile String end = "";

  /** Ends it, for a reason that completes "this result is gone: ". */
  void end(String reason) {
    end = reason;
  }

  /** Returns while it lasts. */
  void require() {
    String reason = end;
    if (!reason.isEmpty()) {
      throw new IllegalStateException(
          "this result is gone: " + reason + "; keep what you need with toArray()");
    }
  }
}
