package org.sae4j.format.container;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sae4j.format.FormatException;

/**
 * The tensors of a safetensors file, found but not read.
 *
 * <p>The file is a length (8 bytes), a JSON header of that length, and the tensors' bytes, which
 * have to fill the rest exactly.
 */
public final class Safetensors {
  private static final int LENGTH_BYTES = Long.BYTES;
  private static final int MAX_HEADER_BYTES = 100_000_000;

  // Far above any model, and low enough that no header exhausts the heap.
  private static final int MAX_TENSORS = 100_000;
  private static final int MAX_METADATA = 10_000;
  private static final int MAX_RANK = 16;

  private final Path file;
  private final long dataStart;
  private final long fileSize;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  private Safetensors(Path file, long dataStart, long fileSize) {
    this.file = file;
    this.dataStart = dataStart;
    this.fileSize = fileSize;
  }

  /** Reads and checks the header of a file. */
  public static Safetensors read(Path file) throws IOException {
    ByteBuffer header;
    Safetensors result;
    try (FileChannel channel = PositionalRead.open(file)) {
      long size = channel.size();
      int length = headerLength(channel, file, size);
      header = PositionalRead.read(channel, file, "header", LENGTH_BYTES, length);
      result = new Safetensors(file, LENGTH_BYTES + (long) length, size);
    }
    try {
      result.parse(header);
    } catch (FormatException e) {
      throw e;
    } catch (IOException | IllegalStateException | NumberFormatException e) {
      throw FormatException.of(file, "malformed header: " + StrictJson.said(e), e);
    }
    result.checkLayout();
    return result;
  }

  /** All tensors, in the order of the header. */
  public Map<String, StoredTensor> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  /** The free-form strings of the header. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  /**
   * Finds a tensor by name.
   *
   * @throws FormatException if the file has none of that name
   */
  public StoredTensor tensor(String name) throws FormatException {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw FormatException.of(
          file, "tensor " + name + " is missing; the file has " + tensors.keySet());
    }
    return tensor;
  }

  private static int headerLength(FileChannel channel, Path file, long size) throws IOException {
    if (size < LENGTH_BYTES) {
      throw FormatException.of(file, "not a safetensors file: it has only " + size + " bytes");
    }
    long length = PositionalRead.read(channel, file, "header", 0, LENGTH_BYTES).getLong();
    // Read as unsigned: a length above 2⁶³ is negative here.
    if (Long.compareUnsigned(length, size - LENGTH_BYTES) > 0) {
      throw FormatException.of(
          file,
          "not a safetensors file, or a truncated one: header of "
              + Long.toUnsignedString(length)
              + " bytes in a file of "
              + size);
    }
    if (length > MAX_HEADER_BYTES) {
      throw FormatException.of(
          file, "header of " + length + " bytes; more than " + MAX_HEADER_BYTES + " are refused");
    }
    return (int) length;
  }

  private void parse(ByteBuffer header) throws IOException {
    // A decoder of its own reports malformed UTF-8, where a plain reader would replace it.
    Reader text =
        new InputStreamReader(
            new ByteArrayInputStream(header.array()), StandardCharsets.UTF_8.newDecoder());
    JsonReader json = new JsonReader(text);
    json.setStrictness(Strictness.STRICT);
    json.beginObject();
    boolean metadataSeen = false;
    while (json.hasNext()) {
      String name = json.nextName();
      if (!name.equals("__metadata__")) {
        parseTensor(json, name);
      } else if (metadataSeen) {
        throw duplicate("__metadata__");
      } else {
        metadataSeen = true;
        parseMetadata(json);
      }
    }
    json.endObject();
    if (json.peek() != JsonToken.END_DOCUMENT) {
      throw FormatException.of(file, "malformed header: text after the JSON object");
    }
  }

  private void parseMetadata(JsonReader json) throws IOException {
    json.beginObject();
    while (json.hasNext()) {
      String key = json.nextName();
      requireToken(json, JsonToken.STRING, "__metadata__." + key);
      if (metadata.put(key, json.nextString()) != null) {
        throw duplicate("__metadata__." + key);
      }
      if (metadata.size() > MAX_METADATA) {
        throw FormatException.of(file, "header with more than " + MAX_METADATA + " metadata keys");
      }
    }
    json.endObject();
  }

  private void parseTensor(JsonReader json, String name) throws IOException {
    Optional<String> dtype = Optional.empty();
    Optional<List<Long>> shape = Optional.empty();
    Optional<List<Long>> offsets = Optional.empty();
    json.beginObject();
    while (json.hasNext()) {
      String key = json.nextName();
      String part = "tensor " + name + ": " + key;
      switch (key) {
        case "dtype" -> dtype = once(part, dtype, parseString(json, part));
        case "shape" -> shape = once(part, shape, parseSizes(json, part));
        case "data_offsets" -> offsets = once(part, offsets, parseSizes(json, part));
        default -> json.skipValue();
      }
    }
    json.endObject();
    if (dtype.isEmpty() || shape.isEmpty() || offsets.isEmpty()) {
      throw FormatException.of(
          file, "tensor " + name + ": dtype, shape or data_offsets is missing in the header");
    }
    if (tensors.put(name, locate(name, dtype.get(), shape.get(), offsets.get())) != null) {
      throw duplicate("tensor " + name);
    }
    if (tensors.size() > MAX_TENSORS) {
      throw FormatException.of(file, "header with more than " + MAX_TENSORS + " tensors");
    }
  }

  private StoredTensor locate(String name, String dtypeName, List<Long> shape, List<Long> offsets)
      throws FormatException {
    DType dtype =
        DType.ofSafetensors(dtypeName)
            .orElseThrow(
                () -> FormatException.of(file, "tensor " + name + ": unknown dtype " + dtypeName));
    if (offsets.size() != 2) {
      throw FormatException.mismatch(
          file, "tensor " + name + ": data_offsets", "[begin, end]", offsets);
    }
    long begin = offsets.get(0);
    long end = offsets.get(1);
    if (begin > end || end > fileSize - dataStart) {
      throw FormatException.of(
          file,
          "tensor %s: data_offsets %s are not within the %d bytes after the header"
              .formatted(name, offsets, fileSize - dataStart));
    }
    StoredTensor tensor = contiguous(name, dtype, shape, dataStart + begin);
    if (tensor.byteLength() != end - begin) {
      throw FormatException.mismatch(
          file,
          "tensor " + name,
          tensor.byteLength() + " bytes for " + dtype + " " + shape,
          end - begin);
    }
    return tensor;
  }

  private StoredTensor contiguous(String name, DType dtype, List<Long> shape, long offset)
      throws FormatException {
    try {
      StoredTensor tensor = StoredTensor.contiguous(file, name, dtype, shape, offset);
      tensor.elementCount();
      return tensor;
    } catch (ArithmeticException e) {
      throw FormatException.of(file, "tensor " + name + ": shape " + shape + " overflows", e);
    }
  }

  /** Checks that the tensors lie side by side and fill the file. */
  private void checkLayout() throws FormatException {
    List<StoredTensor> byPosition = new ArrayList<>(tensors.values());
    byPosition.sort(
        Comparator.comparingLong(StoredTensor::offset).thenComparingLong(StoredTensor::byteLength));
    long end = dataStart;
    for (StoredTensor tensor : byPosition) {
      if (tensor.offset() != end) {
        String fault = tensor.offset() < end ? "overlaps" : "leaves a gap after";
        throw FormatException.of(
            file, "tensor " + tensor.name() + " " + fault + " the tensor before it");
      }
      end += tensor.byteLength();
    }
    if (end != fileSize) {
      throw FormatException.of(
          file, "tensors end at byte " + end + ", but the file has " + fileSize + " bytes");
    }
  }

  private <T> Optional<T> once(String part, Optional<T> before, T value) throws FormatException {
    if (before.isPresent()) {
      throw duplicate(part);
    }
    return Optional.of(value);
  }

  private String parseString(JsonReader json, String part) throws IOException {
    requireToken(json, JsonToken.STRING, part);
    return json.nextString();
  }

  private List<Long> parseSizes(JsonReader json, String part) throws IOException {
    requireToken(json, JsonToken.BEGIN_ARRAY, part);
    List<Long> sizes = new ArrayList<>();
    json.beginArray();
    while (json.hasNext()) {
      requireToken(json, JsonToken.NUMBER, part);
      long size = json.nextLong();
      if (size < 0) {
        throw FormatException.of(file, part + " holds a negative number, " + size);
      }
      if (sizes.size() == MAX_RANK) {
        throw FormatException.of(file, part + " holds more than " + MAX_RANK + " numbers");
      }
      sizes.add(size);
    }
    json.endArray();
    return sizes;
  }

  private void requireToken(JsonReader json, JsonToken expected, String part) throws IOException {
    JsonToken found = json.peek();
    if (found != expected) {
      throw FormatException.mismatch(file, part, expected, found);
    }
  }

  private FormatException duplicate(String part) {
    return FormatException.of(file, part + " appears twice in the header");
  }
}
