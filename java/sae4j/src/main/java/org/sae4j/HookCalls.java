package org.sae4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.sae4j.engine.sae4j_hook_fn;

/**
 * The Java hooks of one run, and the way from the engine to them and back.
 *
 * <p>The engine calls one function of sae4j's with a number for each hook. What a hook throws must
 * not travel through native frames: it is kept, the engine is told to stop, and {@link #rethrow}
 * throws it to the caller of the run.
 */
final class HookCalls implements AutoCloseable {
  private static final int GO_ON = 0;
  private static final int STOP = 1;

  private static final Map<Long, Pending> PENDING = new ConcurrentHashMap<>();
  private static final AtomicLong LAST_KEY = new AtomicLong();
  // Retained, so that no PointerScope of a caller's frees it.
  private static final Entry ENTRY = new Entry().retainReference();

  private final List<Long> keys = new ArrayList<>();
  private Throwable thrown;

  /** A hook and what it is to be called with. */
  private record Pending(HookCalls run, ActivationHook hook, ActivationView view) {}

  /** The one function that the engine calls. */
  private static final class Entry extends sae4j_hook_fn {
    @Override
    public int call(Pointer key, FloatPointer activation, long tokens, long width) {
      Pending pending = PENDING.get(key.address());
      return pending == null ? STOP : pending.run.call(pending);
    }
  }

  /** A number in the guise of the pointer that the engine passes on. */
  private static final class Key extends Pointer {
    Key(long value) {
      address = value;
    }
  }

  /** The function that the engine is to call. */
  static sae4j_hook_fn entry() {
    return ENTRY;
  }

  /** Adds a hook and returns what the engine is to call the function with. */
  Pointer add(ActivationHook hook, ActivationView view) {
    long key = LAST_KEY.incrementAndGet();
    keys.add(key);
    PENDING.put(key, new Pending(this, hook, view));
    return new Key(key);
  }

  private int call(Pending pending) {
    try {
      pending.hook.accept(pending.view.point(), pending.view);
      return GO_ON;
    } catch (Throwable e) {
      thrown = e;
      return STOP;
    }
  }

  /** Throws what a hook threw, the same object, if any did. */
  void rethrow() {
    if (thrown != null) {
      throwUnchanged(thrown);
    }
  }

  /** Throws anything, checked or not, without a wrapper. */
  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void throwUnchanged(Throwable thrown) throws E {
    throw (E) thrown;
  }

  @Override
  public void close() {
    keys.forEach(PENDING::remove);
  }
}
