package org.sae4j.format.torch;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A dict from a pickle, whose keys are strings, numbers or booleans.
 *
 * <p>A pickle can make a container hold itself. So equality is identity, and no method visits what
 * the values hold.
 */
public final class PickleDict {
  private final Map<Object, Object> entries = new LinkedHashMap<>();

  public Map<Object, Object> entries() {
    return Collections.unmodifiableMap(entries);
  }

  public Optional<Object> get(String key) {
    return Optional.ofNullable(entries.get(key));
  }

  void put(Object key, Object value) {
    entries.put(key, value);
  }

  @Override
  public String toString() {
    return "dict of " + entries.size();
  }
}
