package org.sae4j.memory;

import java.util.ArrayDeque;
import java.util.Deque;

/** The native objects that one call uses, given back together when it ends. */
public final class HandleScope implements AutoCloseable {
  private final Deque<NativeHandle<?>.Use> uses = new ArrayDeque<>();

  /** Enters an object for this call and returns what it is known by. */
  public <P> P enter(NativeHandle<P> handle) {
    NativeHandle<P>.Use use = handle.use();
    uses.push(use);
    return use.pointer();
  }

  @Override
  public void close() {
    while (!uses.isEmpty()) {
      uses.pop().close();
    }
  }
}
