package org.sae4j.engine.loader;

/** A native library cannot be loaded on this machine; the message says why and what to do. */
public final class EngineLoadException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final boolean mayPass;

  EngineLoadException(String message) {
    this(message, null);
  }

  EngineLoadException(String message, Throwable cause) {
    this(message, cause, false);
  }

  private EngineLoadException(String message, Throwable cause, boolean mayPass) {
    super(message, cause);
    this.mayPass = mayPass;
  }

  /** A failure that may not be one at the next attempt, as where memory or a disk is full. */
  static EngineLoadException forNow(String message, Throwable cause) {
    return new EngineLoadException(message, cause, true);
  }

  boolean mayPass() {
    return mayPass;
  }
}
