package org.sae4j;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.sae4j.engine.sae4j_hook_fn;
import org.sae4j.memory.CallKeys;
import org.sae4j.memory.GuardedCalls;

/** The Java hooks of one run, and the way from the engine to them and back. */
final class HookCalls implements AutoCloseable {
  private static final CallKeys<Pending> PENDING = new CallKeys<>();
  // Retained, so that no PointerScope of a caller's frees it.
  private static final Entry ENTRY = new Entry().retainReference();

  private final GuardedCalls guarded = new GuardedCalls();
  private final List<Pointer> keys = new ArrayList<>();

  /** A hook and what it is to be called with. */
  private record Pending(HookCalls run, ActivationHook hook, ActivationView view) {
    int call() {
      return run.guarded.run(() -> hook.accept(view.point(), view));
    }
  }

  /** The one function that the engine calls. */
  private static final class Entry extends sae4j_hook_fn {
    @Override
    public int call(Pointer key, FloatPointer activation, long tokens, long width) {
      return PENDING.find(key).map(Pending::call).orElse(GuardedCalls.STOP);
    }
  }

  /** The function that the engine is to call. */
  static sae4j_hook_fn entry() {
    return ENTRY;
  }

  /** Adds a hook and returns what the engine is to call the function with. */
  Pointer add(ActivationHook hook, ActivationView view) {
    Pointer key = PENDING.add(new Pending(this, hook, view));
    keys.add(key);
    return key;
  }

  /** Throws what a hook threw, the same object, if any did. */
  void rethrow() {
    guarded.rethrow();
  }

  @Override
  public void close() {
    keys.forEach(PENDING::remove);
  }
}
