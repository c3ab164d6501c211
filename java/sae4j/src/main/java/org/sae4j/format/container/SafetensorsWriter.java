package org.sae4j.format.container;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes a safetensors file piece by piece.
 *
 * <p>Tensors are declared first and filled while the file is written, in any order among one
 * another, so that none of them needs to be in memory as a whole. The file appears complete or not
 * at all.
 */
public final class SafetensorsWriter {
  private static final int ALIGNMENT = 8;

  private record Entry(DType dtype, long[] shape, long begin, long end) {}

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private long dataBytes;

  /** Starts a file without tensors. */
  public SafetensorsWriter() {}

  /** Produces the elements of all tensors. */
  @FunctionalInterface
  public interface Content {
    /** Appends to each tensor until it is full. */
    void writeTo(Output output) throws IOException;
  }

  /** Declares the next tensor, of type F32 or I64, outermost size first. */
  public SafetensorsWriter tensor(String name, DType dtype, long... shape) {
    if (dtype != DType.F32 && dtype != DType.I64) {
      throw new IllegalArgumentException("tensor " + name + ": " + dtype + " is not written");
    }
    long elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    long end = Math.addExact(dataBytes, Math.multiplyExact(elements, (long) dtype.bytes()));
    if (entries.put(name, new Entry(dtype, shape.clone(), dataBytes, end)) != null) {
      throw new IllegalArgumentException("a second tensor named " + name);
    }
    dataBytes = end;
    return this;
  }

  /** Adds a free-form string to the header. */
  public SafetensorsWriter metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  /**
   * Writes the file, in place of one that is already there.
   *
   * @throws IllegalStateException if the content leaves a tensor short
   */
  public void write(Path target, Content content) throws IOException {
    AtomicFile.write(
        target,
        channel -> {
          ByteBuffer header = header();
          int length = header.remaining();
          GgufWriter.writeFully(channel, header);
          Output output = new Output(channel, entries, length);
          content.writeTo(output);
          output.requireFull();
        });
  }

  private ByteBuffer header() {
    JsonObject json = new JsonObject();
    if (!metadata.isEmpty()) {
      JsonObject strings = new JsonObject();
      metadata.forEach(strings::addProperty);
      json.add("__metadata__", strings);
    }
    entries.forEach((name, entry) -> json.add(name, header(entry)));
    byte[] text = json.toString().getBytes(StandardCharsets.UTF_8);
    int padded = (text.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] padding = new byte[padded - text.length];
    Arrays.fill(padding, (byte) ' ');
    return ByteBuffer.allocate(Long.BYTES + padded)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(padded)
        .put(text)
        .put(padding)
        .flip();
  }

  private static JsonObject header(Entry entry) {
    JsonArray shape = new JsonArray();
    Arrays.stream(entry.shape()).forEach(shape::add);
    JsonArray offsets = new JsonArray();
    offsets.add(entry.begin());
    offsets.add(entry.end());
    JsonObject json = new JsonObject();
    json.addProperty("dtype", entry.dtype().safetensorsName());
    json.add("shape", shape);
    json.add("data_offsets", offsets);
    return json;
  }

  /** The tensors of a file that is being written. */
  public static final class Output {
    private static final int CHUNK_BYTES = 1 << 18;

    private final FileChannel channel;
    private final Map<String, Entry> entries;
    private final long dataStart;
    private final Map<String, Long> written = new LinkedHashMap<>();
    private final ByteBuffer chunk =
        ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    private Output(FileChannel channel, Map<String, Entry> entries, long dataStart) {
      this.channel = channel;
      this.entries = entries;
      this.dataStart = dataStart;
    }

    /** Appends the next elements to an F32 tensor, from the buffer's position to its limit. */
    public void append(String tensor, FloatBuffer values) throws IOException {
      FloatBuffer rest = values.duplicate();
      while (rest.hasRemaining()) {
        int count = Math.min(rest.remaining(), CHUNK_BYTES / Float.BYTES);
        chunk.clear().asFloatBuffer().put(rest.slice(rest.position(), count));
        rest.position(rest.position() + count);
        append(tensor, DType.F32, count);
      }
    }

    /** Appends the next elements to an I64 tensor, from the buffer's position to its limit. */
    public void append(String tensor, LongBuffer values) throws IOException {
      LongBuffer rest = values.duplicate();
      while (rest.hasRemaining()) {
        int count = Math.min(rest.remaining(), CHUNK_BYTES / Long.BYTES);
        chunk.clear().asLongBuffer().put(rest.slice(rest.position(), count));
        rest.position(rest.position() + count);
        append(tensor, DType.I64, count);
      }
    }

    private void append(String tensor, DType dtype, int count) throws IOException {
      Entry entry = entries.get(tensor);
      if (entry == null || entry.dtype() != dtype) {
        throw new IllegalArgumentException("no tensor " + tensor + " of type " + dtype);
      }
      long at = entry.begin() + written.getOrDefault(tensor, 0L);
      int bytes = count * dtype.bytes();
      if (bytes > entry.end() - at) {
        throw new IllegalStateException(
            "tensor %s: expected %d bytes, found more"
                .formatted(tensor, entry.end() - entry.begin()));
      }
      chunk.position(0).limit(bytes);
      for (long to = dataStart + at; chunk.hasRemaining(); ) {
        to += channel.write(chunk, to);
      }
      written.merge(tensor, (long) bytes, Long::sum);
    }

    private void requireFull() {
      entries.forEach(
          (name, entry) -> {
            long expected = entry.end() - entry.begin();
            long found = written.getOrDefault(name, 0L);
            if (found != expected) {
              throw new IllegalStateException(
                  "tensor %s: expected %d bytes, found %d".formatted(name, expected, found));
            }
          });
    }
  }
}
