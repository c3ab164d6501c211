package org.sae4j;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/** Native arrays and structs that live as long as one call of the engine. */
final class CallMemory implements AutoCloseable {
  private static final int COPIED_AT_ONCE = 1 << 14;

  private final Deque<Pointer> pointers = new ArrayDeque<>();

  /** Frees a pointer at the end of the call. */
  <P extends Pointer> P keep(P pointer) {
    pointers.push(pointer);
    return pointer;
  }

  IntPointer ints(int[] values) {
    return keep(new IntPointer(values));
  }

  LongPointer longs(int[] values) {
    LongPointer copy = keep(new LongPointer(values.length));
    for (int i = 0; i < values.length; i++) {
      copy.put(i, values[i]);
    }
    return copy;
  }

  /** One byte for each value: 1 for true. */
  BytePointer flags(boolean[] values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) (values[i] ? 1 : 0);
    }
    return keep(new BytePointer(bytes));
  }

  FloatPointer floats(float[] values) {
    return keep(new FloatPointer(values));
  }

  /** Room for doubles, all zero. */
  DoublePointer doubles(long count) {
    return keep(zeroed(new DoublePointer(count)));
  }

  /** Room for ints, all zero. */
  IntPointer ints(long count) {
    return keep(zeroed(new IntPointer(count)));
  }

  /** Room for longs, all zero. */
  LongPointer longs(long count) {
    return keep(zeroed(new LongPointer(count)));
  }

  /** Room for bytes, all zero. */
  BytePointer bytes(long count) {
    return keep(zeroed(new BytePointer(count)));
  }

  /** A struct, or an array of them, all zero. */
  <P extends Pointer> P struct(P fresh) {
    return keep(zeroed(fresh));
  }

  private static <P extends Pointer> P zeroed(P pointer) {
    Pointer.memset(pointer, 0, pointer.capacity() * pointer.sizeof());
    return pointer;
  }

  /**
   * The floats of a buffer from its position to its limit: in place if the engine can read them
   * there, else copied.
   */
  FloatPointer floats(FloatBuffer buffer) {
    if (buffer.isDirect() && buffer.order() == ByteOrder.nativeOrder()) {
      return keep(new FloatPointer(buffer.slice()));
    }
    FloatPointer copy = keep(new FloatPointer(buffer.remaining()));
    FloatBuffer rest = buffer.duplicate();
    float[] chunk = new float[Math.min(rest.remaining(), COPIED_AT_ONCE)];
    for (long done = 0; rest.hasRemaining(); done += chunk.length) {
      int length = Math.min(rest.remaining(), chunk.length);
      rest.get(chunk, 0, length);
      copy.position(done).put(chunk, 0, length);
    }
    return copy.position(0);
  }

  @Override
  public void close() {
    while (!pointers.isEmpty()) {
      pointers.pop().deallocate();
    }
  }
}
