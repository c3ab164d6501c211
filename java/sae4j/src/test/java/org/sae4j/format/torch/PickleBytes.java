package org.sae4j.format.torch;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes pickles opcode by opcode, well-formed or not. */
public final class PickleBytes {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** Starts a pickle of a protocol. */
  public static PickleBytes protocol(int version) {
    return new PickleBytes().op(0x80, version);
  }

  /** Appends raw bytes. */
  public PickleBytes op(int... bytes) {
    for (int b : bytes) {
      out.write(b);
    }
    return this;
  }

  PickleBytes repeat(int count, int... bytes) {
    for (int i = 0; i < count; i++) {
      op(bytes);
    }
    return this;
  }

  PickleBytes int32(int value) {
    return raw(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value));
  }

  PickleBytes int64(long value) {
    return raw(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value));
  }

  PickleBytes raw(ByteBuffer filled) {
    out.writeBytes(filled.array());
    return this;
  }

  public PickleBytes text(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    op('X').int32(utf8.length);
    out.writeBytes(utf8);
    return this;
  }

  /** Pushes a whole number, as an 8-byte LONG1. */
  public PickleBytes number(long value) {
    return op(0x8a, 8).int64(value);
  }

  public PickleBytes global(String module, String name) {
    out.writeBytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
    return this;
  }

  public PickleBytes numbers(long... values) {
    op('(');
    for (long value : values) {
      number(value);
    }
    return op('t');
  }

  /** Pushes a view of storage {@code key}, as torch.save does. */
  public PickleBytes tensor(
      String storageClass, String key, long elements, long first, long[] size, long[] stride) {
    global("torch._utils", "_rebuild_tensor_v2");
    op('(', '(').text("storage").global("torch", storageClass).text(key).text("cpu");
    number(elements).op('t', 'Q').number(first).numbers(size).numbers(stride);
    op(0x89).global("collections", "OrderedDict").op(')', 'R');
    return op('t', 'R');
  }

  public byte[] stop() {
    op('.');
    return out.toByteArray();
  }
}
