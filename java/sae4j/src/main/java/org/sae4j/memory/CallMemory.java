package org.sae4j.memory;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongFunction;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/** Native arrays and structs that live as long as one call of the engine. */
public final class CallMemory implements AutoCloseable {
  private static final int COPIED_AT_ONCE = 1 << 14;

  private final Deque<Pointer> pointers = new ArrayDeque<>();

  /** Frees a pointer at the end of the call. */
  public <P extends Pointer> P keep(P pointer) {
    pointers.push(pointer);
    return pointer;
  }

  /** Allocates native memory, or says how much of it there was not. */
  private <P extends Pointer> P allocate(long count, int bytesEach, LongFunction<P> allocation) {
    try {
      return keep(allocation.apply(count));
    } catch (OutOfMemoryError e) {
      OutOfMemoryError told =
          new OutOfMemoryError(
              "for a call of the engine: no %d bytes of native memory"
                  .formatted(Math.multiplyExact(count, (long) bytesEach)));
      told.initCause(e);
      throw told;
    }
  }

  public IntPointer ints(int[] values) {
    return allocate(values.length, Integer.BYTES, IntPointer::new).put(values);
  }

  public LongPointer longs(int[] values) {
    LongPointer copy = allocate(values.length, Long.BYTES, LongPointer::new);
    for (int i = 0; i < values.length; i++) {
      copy.put(i, values[i]);
    }
    return copy;
  }

  /** One byte for each value: 1 for true. */
  public BytePointer flags(boolean[] values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) (values[i] ? 1 : 0);
    }
    return bytes(bytes);
  }

  public BytePointer bytes(byte[] values) {
    return allocate(values.length, Byte.BYTES, BytePointer::new).put(values);
  }

  public FloatPointer floats(float[] values) {
    return room(values.length).put(values);
  }

  /** Room for floats, whatever they are. */
  public FloatPointer room(long count) {
    return allocate(count, Float.BYTES, FloatPointer::new);
  }

  /** Room for doubles, all zero. */
  public DoublePointer doubles(long count) {
    return zeroed(allocate(count, Double.BYTES, DoublePointer::new));
  }

  /** Room for ints, all zero. */
  public IntPointer ints(long count) {
    return zeroed(allocate(count, Integer.BYTES, IntPointer::new));
  }

  /** Room for longs, all zero. */
  public LongPointer longs(long count) {
    return zeroed(allocate(count, Long.BYTES, LongPointer::new));
  }

  /** Room for bytes, all zero. */
  public BytePointer bytes(long count) {
    return zeroed(allocate(count, Byte.BYTES, BytePointer::new));
  }

  /** A struct, or an array of them, all zero. */
  public <P extends Pointer> P struct(P fresh) {
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
  public FloatPointer floats(FloatBuffer buffer) {
    if (buffer.isDirect() && buffer.order() == ByteOrder.nativeOrder()) {
      return keep(new FloatPointer(buffer.slice()));
    }
    FloatPointer copy = room(buffer.remaining());
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
