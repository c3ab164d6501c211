package org.sae4j.memory;

import java.lang.ref.Cleaner;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One native object: who uses it right now, whether it is closed, and how it is freed.
 *
 * <p>It is freed exactly once: by {@link #close}, which waits for the calls in progress, or else by
 * a cleaner when nothing refers to the handle any more. Waiting never happens on entry, so handles
 * can be entered in any order.
 *
 * @param <P> what the object is known by, such as its address
 */
public final class NativeHandle<P> implements AutoCloseable {
  /** Frees what nobody closed, on a thread of its own. */
  static final Cleaner CLEANER = Cleaner.create();

  /** How many threads may use an object at once. */
  public enum Sharing {
    /** Any number. */
    SHARED,
    /** One, and that one only once: not again from within its own call. */
    EXCLUSIVE
  }

  private final String what;
  private final Sharing sharing;
  private final P pointer;
  private final Cleaner.Cleanable memory;
  private final Map<Thread, Integer> users = new HashMap<>();
  private boolean closed;

  /**
   * Takes ownership of a native object.
   *
   * @param what the object, for messages: "session"
   * @param free frees it; must not refer to this handle's owner
   */
  public NativeHandle(String what, Sharing sharing, P pointer, Consumer<P> free) {
    this.what = what;
    this.sharing = sharing;
    this.pointer = pointer;
    this.memory = CLEANER.register(this, () -> free.accept(pointer));
  }

  /** A right to use the native object until it is given back by {@link #close}. */
  public final class Use implements AutoCloseable {
    private Use() {}

    P pointer() {
      return pointer;
    }

    @Override
    public void close() {
      leave();
    }
  }

  /**
   * Enters the object for one call.
   *
   * @throws IllegalStateException if it is closed, or exclusive and in use
   */
  public synchronized Use use() {
    if (closed) {
      throw new IllegalStateException("this " + what + " is closed");
    }
    if (sharing == Sharing.EXCLUSIVE && !users.isEmpty()) {
      throw busy(users.keySet().iterator().next());
    }
    users.merge(Thread.currentThread(), 1, Integer::sum);
    return new Use();
  }

  private IllegalStateException busy(Thread user) {
    if (user == Thread.currentThread()) {
      return new IllegalStateException(
          "this " + what + " cannot be used from a hook of its own run");
    }
    return new IllegalStateException(
        "this %s is in use by thread \"%s\"; give thread \"%s\" its own"
            .formatted(what, user.getName(), Thread.currentThread().getName()));
  }

  private synchronized void leave() {
    users.computeIfPresent(Thread.currentThread(), (user, uses) -> uses == 1 ? null : uses - 1);
    notifyAll();
  }

  /**
   * Refuses further calls, waits for those in progress, and frees the object; once, however often
   * it is called.
   *
   * @throws IllegalStateException if called from a hook of a run that uses the object
   */
  @Override
  public void close() {
    synchronized (this) {
      if (users.containsKey(Thread.currentThread())) {
        throw new IllegalStateException(
            "this " + what + " cannot be closed from a hook of a run that uses it");
      }
      closed = true;
      awaitUsers();
    }
    memory.clean();
  }

  private void awaitUsers() {
    boolean interrupted = false;
    while (!users.isEmpty()) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
