package org.sae4j.format.container;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.sae4j.format.FormatException;

/**
 * What a GGUF file says about itself; its weights are not read.
 *
 * <p>Counts, lengths and offsets are checked against the size of the file.
 *
 * @param file the file
 * @param version the version of the format, 2 or 3
 * @param metadata single values by key: {@link Long}, {@link Double}, {@link Boolean}, {@link
 *     String}
 * @param arrayLengths the lengths of arrays by key
 * @param tensors all tensors, in order
 */
public record GgufHeader(
    Path file,
    int version,
    Map<String, Object> metadata,
    Map<String, Long> arrayLengths,
    List<Tensor> tensors) {
  private static final int MAGIC = 0x4655_4747; // "GGUF"
  private static final int MAX_COUNT = 100_000;
  private static final int MAX_RANK = 4;
  private static final int SMALLEST_ENTRY = 12;
  private static final int ARRAY = 9;
  private static final int STRING = 8;

  /**
   * A tensor in the file.
   *
   * @param name such as {@code blk.0.attn_qkv.weight}
   * @param type the type of its elements: {@code F32}, {@code Q8_0}
   * @param shape its sizes, outermost first
   */
  public record Tensor(String name, String type, List<Long> shape) {
    public Tensor {
      shape = List.copyOf(shape);
    }

    /** The number of elements. */
    public long elementCount() {
      return shape.stream().reduce(1L, Math::multiplyExact);
    }
  }

  public GgufHeader {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    arrayLengths = Collections.unmodifiableMap(new LinkedHashMap<>(arrayLengths));
    tensors = List.copyOf(tensors);
  }

  /** Tells whether a file begins as GGUF files do. */
  public static boolean recognises(Path file) throws IOException {
    try (FileChannel channel = PositionalRead.open(file)) {
      return channel.size() >= Integer.BYTES
          && PositionalRead.read(channel, file, "magic", 0, Integer.BYTES).getInt() == MAGIC;
    }
  }

  /** Reads and checks the header of a file. */
  public static GgufHeader read(Path file) throws IOException {
    try (FileChannel channel = PositionalRead.open(file)) {
      return new Reading(file, new GgufInput(channel, file)).read();
    }
  }

  /** Tells what the file leaves open about its model, and how that is taken. */
  public List<String> assumptions() {
    boolean unsaid =
        metadata.containsKey("tokenizer.ggml.model") && !metadata.containsKey("tokenizer.ggml.pre");
    return unsaid
        ? List.of("tokenizer.ggml.pre gpt-2: absent, as in files from before April 2024")
        : List.of();
  }

  /** Finds a text among the metadata. */
  public Optional<String> text(String key) {
    return metadata.get(key) instanceof String text ? Optional.of(text) : Optional.empty();
  }

  /** Finds a whole number among the metadata. */
  public OptionalLong integer(String key) {
    return metadata.get(key) instanceof Long number
        ? OptionalLong.of(number)
        : OptionalLong.empty();
  }

  /** Finds a tensor by name. */
  public Optional<Tensor> tensor(String name) {
    return tensors.stream().filter(tensor -> tensor.name().equals(name)).findFirst();
  }

  /** One pass over a header. */
  private static final class Reading {
    private final Path file;
    private final GgufInput in;
    private final Map<String, Object> metadata = new LinkedHashMap<>();
    private final Map<String, Long> arrayLengths = new LinkedHashMap<>();
    private final List<Tensor> tensors = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private long dataBytes;

    Reading(Path file, GgufInput in) {
      this.file = file;
      this.in = in;
    }

    GgufHeader read() throws IOException {
      int magic = in.nextInt("magic");
      if (magic != MAGIC) {
        throw FormatException.of(file, "not a GGUF file");
      }
      int version = in.nextInt("version");
      if (version != 2 && version != 3) {
        throw FormatException.mismatch(file, "version", "2 or 3", version);
      }
      long tensorCount = in.nextCount("number of tensors", SMALLEST_ENTRY, MAX_COUNT);
      long keyCount = in.nextCount("number of keys", SMALLEST_ENTRY, MAX_COUNT);
      for (long i = 0; i < keyCount; i++) {
        readValue();
      }
      for (long i = 0; i < tensorCount; i++) {
        readTensor();
      }
      requireData();
      return new GgufHeader(file, version, metadata, arrayLengths, tensors);
    }

    private void readValue() throws IOException {
      String key = in.nextString("a key");
      int type = in.nextInt(key);
      boolean repeated =
          type == ARRAY
              ? arrayLengths.put(key, skipArray(key)) != null
              : metadata.put(key, scalar(key, type)) != null;
      if (repeated) {
        throw FormatException.of(file, key + " appears twice");
      }
    }

    private Object scalar(String key, int type) throws IOException {
      return switch (type) {
        case 0 -> (long) Byte.toUnsignedInt(in.nextByte(key));
        case 1 -> (long) in.nextByte(key);
        case 2 -> (long) Short.toUnsignedInt(in.nextShort(key));
        case 3 -> (long) in.nextShort(key);
        case 4 -> Integer.toUnsignedLong(in.nextInt(key));
        case 5 -> (long) in.nextInt(key);
        case 6 -> (double) Float.intBitsToFloat(in.nextInt(key));
        case 7 -> in.nextByte(key) != 0;
        case STRING -> in.nextString(key);
        case 10, 11 -> in.nextLong(key);
        case 12 -> Double.longBitsToDouble(in.nextLong(key));
        default -> throw FormatException.of(file, key + ": unknown type " + type);
      };
    }

    private long skipArray(String key) throws IOException {
      int type = in.nextInt(key);
      if (type == STRING) {
        long length = in.nextCount(key, Long.BYTES);
        for (long i = 0; i < length; i++) {
          in.skip(key, in.nextCount(key, 1));
        }
        return length;
      }
      int bytes = elementBytes(key, type);
      long length = in.nextCount(key, bytes);
      in.skip(key, length * bytes);
      return length;
    }

    private int elementBytes(String key, int type) throws FormatException {
      return switch (type) {
        case 0, 1, 7 -> 1;
        case 2, 3 -> 2;
        case 4, 5, 6 -> 4;
        case 10, 11, 12 -> 8;
        default -> throw FormatException.of(file, key + ": array of unknown type " + type);
      };
    }

    private void readTensor() throws IOException {
      String name = in.nextString("the name of a tensor");
      String part = "tensor " + name;
      if (!names.add(name)) {
        throw FormatException.of(file, part + " appears twice");
      }
      int rank = in.nextInt(part);
      if (rank < 1 || rank > MAX_RANK) {
        throw FormatException.mismatch(file, part, "1 to " + MAX_RANK + " dimensions", rank);
      }
      List<Long> shape = new ArrayList<>();
      for (int i = 0; i < rank; i++) {
        shape.add(0, in.nextLong(part)); // ggml puts the contiguous dimension first
      }
      int type = in.nextInt(part);
      long offset = in.nextLong(part);
      Optional<GgufTensorType> known = GgufTensorType.of(type);
      tensors.add(new Tensor(name, known.map(Enum::name).orElse("type " + type), shape));
      noteEnd(part, shape, known, offset);
    }

    private void noteEnd(String part, List<Long> shape, Optional<GgufTensorType> type, long offset)
        throws FormatException {
      try {
        long elements = 1;
        for (long size : shape) {
          if (size < 1) {
            throw FormatException.mismatch(file, part, "sizes above zero", shape);
          }
          elements = Math.multiplyExact(elements, size);
        }
        long bytes = type.isPresent() ? type.get().bytes(elements) : 0;
        if (offset < 0) {
          throw FormatException.mismatch(file, part, "an offset in the file", offset);
        }
        dataBytes = Math.max(dataBytes, Math.addExact(offset, bytes));
      } catch (ArithmeticException e) {
        throw FormatException.of(file, part + ": shape " + shape + " overflows", e);
      }
    }

    private void requireData() throws IOException {
      if (tensors.isEmpty()) {
        return;
      }
      long alignment =
          metadata.get("general.alignment") instanceof Long number && number > 0 ? number : 32;
      long padding = Math.floorMod(-in.position(), alignment);
      if (dataBytes > in.remaining() - padding) {
        throw FormatException.of(
            file,
            "truncated: %d bytes of weights expected after the header, %d found"
                .formatted(dataBytes, Math.max(0, in.remaining() - padding)));
      }
    }
  }
}
