package org.sae4j.engine.loader;

/** The native engine cannot be loaded on this machine; the message says why and what to do. */
public final class EngineLoadException extends RuntimeException {
  private static final long serialVersionUID = 1;

  EngineLoadException(String message) {
    super(message);
  }

  EngineLoadException(String message, Throwable cause) {
    super(message, cause);
  }
}
