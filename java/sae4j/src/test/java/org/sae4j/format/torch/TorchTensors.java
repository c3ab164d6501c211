package org.sae4j.format.torch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Writes a dict of tensors as torch.save does, each tensor in a storage of its own. */
public final class TorchTensors {
  private final Map<String, Consumer<PickleBytes>> entries = new LinkedHashMap<>();
  private final Map<String, byte[]> storages = new LinkedHashMap<>();

  /** Adds a row-major tensor of floats that count from zero. */
  public TorchTensors f32(String key, long... shape) {
    float[] values = new float[(int) count(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    return tensor(key, "FloatStorage", TorchFiles.bytes(values), shape);
  }

  /** Adds a tensor of one float. */
  public TorchTensors scalar(String key, float value) {
    return tensor(key, "FloatStorage", TorchFiles.bytes(value));
  }

  /** Adds a 32-bit integer, as {@code torch.tensor(k, dtype=torch.int)}. */
  public TorchTensors integer(String key, int value) {
    byte[] bytes = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
    return tensor(key, "IntStorage", bytes);
  }

  /** Adds a vector of 64-bit integers. */
  public TorchTensors longs(String key, long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    Arrays.stream(values).forEach(bytes::putLong);
    return tensor(key, "LongStorage", bytes.array(), values.length);
  }

  public TorchTensors tensor(String key, String storageClass, byte[] content, long... shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= shape[i];
    }
    storages.put(key, content);
    entries.put(key, p -> p.text(key).tensor(storageClass, key, count(shape), 0, shape, strides));
    return this;
  }

  /** Adds an entry that is no tensor. */
  public TorchTensors other(String key, Consumer<PickleBytes> value) {
    entries.put(
        key,
        p -> {
          p.text(key);
          value.accept(p);
        });
    return this;
  }

  public TorchTensors without(String key) {
    entries.remove(key);
    return this;
  }

  public Path write(Path file) throws IOException {
    PickleBytes pickle = PickleBytes.protocol(2).op('}', '(');
    entries.values().forEach(entry -> entry.accept(pickle));
    TorchFiles files = TorchFiles.of(pickle.op('u').stop());
    storages.forEach(files::storage);
    return files.write(file);
  }

  private static long count(long... shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }
}
