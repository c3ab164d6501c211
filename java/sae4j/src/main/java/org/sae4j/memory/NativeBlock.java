package org.sae4j.memory;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Native memory for floats that Java code may view, and that outlives every view of it.
 *
 * <p>Buffers made from a buffer keep that one reachable. So all views of a block come from one root
 * buffer: if it was ever handed out, the memory is freed when the root is unreachable, however long
 * after {@link #close}; if not, at {@code close}.
 */
public final class NativeBlock implements AutoCloseable {
  private static final int ALIGNMENT = 64;

  /** The garbage collector does not feel native memory: beyond this much it is called by hand. */
  private static final long MUCH_LEFT_BEHIND = 1L << 30;

  /** Bytes of closed blocks that views still show, as far as the collector knows. */
  private static final AtomicLong LEFT_BEHIND = new AtomicLong();

  private final Pointer memory;
  private final FloatPointer floats;
  private final long capacity;
  private ByteBuffer root;
  private boolean closed;
  private Release release;

  /** Frees the memory when nobody can view it any more. */
  private static final class Release implements Runnable {
    private final Pointer memory;
    private final long bytes;
    private volatile boolean leftBehind;

    Release(Pointer memory, long bytes) {
      this.memory = memory;
      this.bytes = bytes;
    }

    void leaveBehind() {
      leftBehind = true;
      LEFT_BEHIND.addAndGet(bytes);
    }

    @Override
    public void run() {
      Pointer.free(memory);
      if (leftBehind) {
        LEFT_BEHIND.addAndGet(-bytes);
      }
    }
  }

  /** Pointer arithmetic that JavaCPP keeps to subclasses: a view of memory that it does not own. */
  private static final class Address extends Pointer {
    Address(long value) {
      address = value;
    }
  }

  private NativeBlock(Pointer memory, long capacity) {
    long start = (memory.address() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    this.memory = memory;
    this.floats = new FloatPointer(new Address(start)).capacity(capacity);
    this.capacity = capacity;
  }

  /**
   * Allocates memory.
   *
   * @param count how many floats, at least 1 and, for the sake of buffers, less than 2 GiB
   * @param what the contents, for messages
   */
  static NativeBlock allocate(long count, String what) {
    if (count > Integer.MAX_VALUE / Float.BYTES) {
      throw new IllegalArgumentException(
          "%s would take %d bytes, more than the 2 GiB of one buffer; run fewer sequences at once"
              .formatted(what, count * Float.BYTES));
    }
    if (LEFT_BEHIND.get() > MUCH_LEFT_BEHIND) {
      System.gc();
    }
    // malloc, not a pointer of JavaCPP's own: those die with the caller's PointerScope.
    Pointer memory = Pointer.malloc(count * Float.BYTES + ALIGNMENT);
    if (memory == null || memory.isNull()) {
      throw new OutOfMemoryError(what + ": no " + count * Float.BYTES + " bytes of native memory");
    }
    return new NativeBlock(memory, count);
  }

  /** How many floats fit. */
  long capacity() {
    return capacity;
  }

  /** The memory, as the engine takes it. */
  public FloatPointer pointer() {
    return floats;
  }

  /** Views the first floats; the view may be kept for as long as anyone likes. */
  public synchronized FloatBuffer view(int count) {
    if (closed) {
      throw new IllegalStateException("this memory is closed");
    }
    if (root == null) {
      root = new BytePointer(floats).capacity(capacity * Float.BYTES).asByteBuffer();
      release = new Release(memory, capacity * Float.BYTES);
      NativeHandle.CLEANER.register(root, release);
    }
    return root.duplicate().order(ByteOrder.nativeOrder()).asFloatBuffer().slice(0, count);
  }

  /** Gives the memory up: freed now if nobody ever saw it, else with the last view. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (root == null) {
      Pointer.free(memory);
    } else {
      release.leaveBehind();
      root = null;
    }
  }
}
