package org.sae4j;

import static org.sae4j.engine.global.sae4j.SAE4J_MAX_THREADS;

/**
 * What a session may use of the machine.
 *
 * @param threads all threads that work during a call, the caller's own included
 */
public record SessionOptions(int threads) {
  /** As many threads as a session can have. */
  public static final int MAX_THREADS = SAE4J_MAX_THREADS;

  public SessionOptions {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException(
          "threads must be 1 to " + MAX_THREADS + ", not " + threads);
    }
  }

  /** Uses every processor that the JVM may use. */
  public static SessionOptions defaults() {
    return new SessionOptions(Math.min(Runtime.getRuntime().availableProcessors(), MAX_THREADS));
  }

  /** The same options with another number of threads. */
  public SessionOptions withThreads(int threads) {
    return new SessionOptions(threads);
  }
}
