package org.sae4j.format.container;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes a GGUF file, version 3, little-endian, aligned to 32 bytes.
 *
 * <p>Tensors are declared first and produce their bytes when the file is written, so that none of
 * them needs to be in memory as a whole. The file appears complete or not at all.
 */
public final class GgufWriter {
  private static final int MAGIC = 0x4655_4747; // "GGUF"
  private static final int VERSION = 3;
  private static final int ALIGNMENT = 32;

  /** ggml keeps a name and its final zero in this many bytes. */
  private static final int NAME_CAPACITY = 64;

  /** Produces the elements of one tensor, row by row, at the channel's position. */
  @FunctionalInterface
  public interface TensorData {
    void writeTo(FileChannel channel) throws IOException;
  }

  private record Entry(String name, GgufType type, List<Long> shape, TensorData data) {
    long byteLength() {
      return shape.stream().reduce((long) type.bytes(), Math::multiplyExact);
    }
  }

  private final GgufMetadata metadata;
  private final Set<String> names = new HashSet<>();
  private final List<Entry> entries = new ArrayList<>();

  public GgufWriter(GgufMetadata metadata) {
    this.metadata = metadata;
  }

  /** Declares the next tensor; {@code shape} as in Python: the last dimension is contiguous. */
  public void addTensor(String name, GgufType type, List<Long> shape, TensorData data) {
    if (name.getBytes(StandardCharsets.UTF_8).length >= NAME_CAPACITY) {
      throw new IllegalArgumentException("tensor name too long for GGUF: " + name);
    }
    if (!names.add(name)) {
      throw new IllegalArgumentException("a second tensor named " + name);
    }
    entries.add(new Entry(name, type, List.copyOf(shape), data));
  }

  /** Writes the file, in place of one that is already there. */
  public void write(Path target) throws IOException {
    AtomicFile.write(target, this::writeTo);
  }

  private void writeTo(FileChannel channel) throws IOException {
    writeFully(channel, ByteBuffer.wrap(header()));
    for (Entry entry : entries) {
      writeTensor(channel, entry);
      pad(channel);
    }
  }

  /** What the file has before its weights. */
  public byte[] header() {
    LittleEndianBytes header = new LittleEndianBytes();
    header.putInt(MAGIC);
    header.putInt(VERSION);
    header.putLong(entries.size());
    header.putLong(metadata.count());
    header.putAll(metadata.bytes());
    long offset = 0; // from the end of the padded header
    for (Entry entry : entries) {
      putTensorInfo(header, entry, offset);
      offset = Math.addExact(offset, aligned(entry.byteLength()));
    }
    while (header.size() < aligned(header.size())) {
      header.putByte(0);
    }
    return header.toByteArray();
  }

  private static void putTensorInfo(LittleEndianBytes header, Entry entry, long offset) {
    header.putString(entry.name());
    header.putInt(entry.shape().size());
    for (int i = entry.shape().size() - 1; i >= 0; i--) {
      header.putLong(entry.shape().get(i)); // ggml puts the contiguous dimension first
    }
    header.putInt(entry.type().code());
    header.putLong(offset);
  }

  private static void writeTensor(FileChannel channel, Entry entry) throws IOException {
    long start = channel.position();
    entry.data().writeTo(channel);
    long written = channel.position() - start;
    if (written != entry.byteLength()) {
      throw new IllegalStateException(
          "tensor %s: expected %d bytes, found %d"
              .formatted(entry.name(), entry.byteLength(), written));
    }
  }

  private static void pad(FileChannel channel) throws IOException {
    long position = channel.position();
    writeFully(channel, ByteBuffer.allocate((int) (aligned(position) - position)));
  }

  private static long aligned(long length) {
    return Math.addExact(length, ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** Writes all of the buffer, which a single write need not do. */
  static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }
}
