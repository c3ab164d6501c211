package org.sae4j;

/**
 * What a session may use of the machine.
 *
 * @param threads all threads that work during a call, the caller's own included
 */
public record SessionOptions(int threads) {

  public SessionOptions {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, not " + threads);
    }
  }

  /** Uses every processor that the JVM may use. */
  public static SessionOptions defaults() {
    return new SessionOptions(Runtime.getRuntime().availableProcessors());
  }

  /** The same options with another number of threads. */
  public SessionOptions withThreads(int threads) {
    return new SessionOptions(threads);
  }
}
