package org.sae4j.memory;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.javacpp.Pointer;

/**
 * Java objects that the engine passes on to its callbacks, as numbers in the guise of pointers.
 *
 * @param <T> what a callback needs to know
 */
public final class CallKeys<T> {
  private final Map<Long, T> values = new ConcurrentHashMap<>();
  private final AtomicLong last = new AtomicLong();

  private static final class Key extends Pointer {
    Key(long value) {
      address = value;
    }
  }

  /** Adds an object and returns what stands for it until it is removed. */
  public Pointer add(T value) {
    long key = last.incrementAndGet();
    values.put(key, value);
    return new Key(key);
  }

  /** The object that the engine means, unless it is removed. */
  public Optional<T> find(Pointer key) {
    return Optional.ofNullable(values.get(key.address()));
  }

  public void remove(Pointer key) {
    values.remove(key.address());
  }
}
