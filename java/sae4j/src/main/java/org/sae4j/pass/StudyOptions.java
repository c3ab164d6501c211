package org.sae4j.pass;

import java.util.Optional;
import java.util.function.Consumer;
import org.sae4j.arch.HookPoint;

/**
 * What the options of all studies have.
 *
 * <p>Immutable; each {@code with…} returns new options.
 *
 * @param <O> the options of the study
 */
public abstract class StudyOptions<O extends StudyOptions<O>> implements Cloneable {
  Optional<HookPoint> hook = Optional.empty();
  int threads;

  protected StudyOptions(int threads) {
    this.threads = threads;
  }

  /** Returns a copy that was changed. */
  @SuppressWarnings("unchecked") // O is the class of this
  protected final O with(Consumer<O> change) {
    try {
      O copy = (O) clone();
      change.accept(copy);
      return copy;
    } catch (CloneNotSupportedException e) {
      throw new AssertionError(e);
    }
  }

  /** The activation; empty: the one that each SAE's own configuration names. */
  public final Optional<HookPoint> hook() {
    return hook;
  }

  /** Takes this activation, whatever the SAEs' configurations say. */
  public final O withHook(HookPoint hook) {
    return with(o -> o.hook = Optional.of(hook));
  }

  /** All threads that work, the caller's own included; no number depends on it. */
  public final int threads() {
    return threads;
  }

  /** Works with this many threads. */
  public final O withThreads(int threads) {
    return with(o -> o.threads = atLeast(1, threads, "threads"));
  }

  /** Returns a value, or fails if it is too small. */
  protected static int atLeast(int least, int value, String name) {
    if (value < least) {
      throw new IllegalArgumentException(name + " must be at least " + least + ", not " + value);
    }
    return value;
  }
}
