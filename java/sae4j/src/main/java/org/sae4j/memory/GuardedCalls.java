package org.sae4j.memory;

/**
 * Java code called by the engine: what it throws must not travel through native frames.
 *
 * <p>It is kept, the engine is told to stop, and {@link #rethrow} throws it to the caller of the
 * engine.
 */
public final class GuardedCalls {
  /** What a callback returns for the engine to go on. */
  static final int GO_ON = 0;

  /** What a callback returns for the engine to stop. */
  public static final int STOP = 1;

  private Throwable thrown;

  /** Java code of a caller's. */
  @FunctionalInterface
  public interface Call {
    void run() throws Exception;
  }

  /** Runs Java code and returns whether the engine is to go on. */
  public int run(Call call) {
    try {
      call.run();
      return GO_ON;
    } catch (Throwable e) {
      thrown = e;
      return STOP;
    }
  }

  /** Throws what Java code threw, the same object, if any did. */
  public void rethrow() {
    if (thrown != null) {
      throwUnchanged(thrown);
    }
  }

  /** Throws anything, checked or not, without a wrapper. */
  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void throwUnchanged(Throwable thrown) throws E {
    throw (E) thrown;
  }
}
