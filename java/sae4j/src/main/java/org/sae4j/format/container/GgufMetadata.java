package org.sae4j.format.container;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The typed key-values at the head of a GGUF file, in the order they were put. */
public final class GgufMetadata {
  private static final int UINT32 = 4;
  private static final int INT32 = 5;
  private static final int FLOAT32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  private final Set<String> keys = new HashSet<>();
  private final LittleEndianBytes bytes = new LittleEndianBytes();

  public GgufMetadata putString(String key, String value) {
    putKey(key, STRING);
    bytes.putString(value);
    return this;
  }

  public GgufMetadata putUnsigned(String key, int value) {
    if (value < 0) {
      throw new IllegalArgumentException(key + ": expected no negative number, found " + value);
    }
    putKey(key, UINT32);
    bytes.putInt(value);
    return this;
  }

  public GgufMetadata putFloat(String key, float value) {
    putKey(key, FLOAT32);
    bytes.putInt(Float.floatToIntBits(value));
    return this;
  }

  public GgufMetadata putBoolean(String key, boolean value) {
    putKey(key, BOOL);
    bytes.putByte(value ? 1 : 0);
    return this;
  }

  public GgufMetadata putStrings(String key, List<String> values) {
    putArray(key, STRING, values.size());
    values.forEach(bytes::putString);
    return this;
  }

  public GgufMetadata putInts(String key, List<Integer> values) {
    putArray(key, INT32, values.size());
    values.forEach(bytes::putInt);
    return this;
  }

  /** Returns the number of key-values. */
  int count() {
    return keys.size();
  }

  /** Returns all key-values as they stand in the file. */
  LittleEndianBytes bytes() {
    return bytes;
  }

  private void putArray(String key, int elementType, int length) {
    putKey(key, ARRAY);
    bytes.putInt(elementType);
    bytes.putLong(length);
  }

  private void putKey(String key, int type) {
    if (!keys.add(key)) {
      throw new IllegalArgumentException("a second value for the key " + key);
    }
    bytes.putString(key);
    bytes.putInt(type);
  }
}
