package org.sae4j.corpus;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import org.sae4j.format.FormatException;
import org.sae4j.tokens.Corpus;

/**
 * Token ids in JSON values: an array of them, or an object in which a key has one.
 *
 * <p>The key may have several such arrays too, as what a tokenizer returns for several texts.
 */
final class JsonRows implements Corpus.Reading {
  private static final String EXPECTED =
      "JSON, [[id, …], …], or [id, …] or an object with them on each line";

  private final Path file;
  private final JsonValues values;
  private final String key;
  private final String maskKey;
  private final Notes notes;
  private final Queue<int[]> rows = new ArrayDeque<>();
  private long sequence; // of the next row that is read

  private JsonRows(Path file, JsonValues values, String key, Notes notes) {
    this.file = file;
    this.values = values;
    this.key = key;
    this.maskKey = AttentionMask.nameBeside(key);
    this.notes = notes;
  }

  static JsonRows open(Path file, String key, Notes notes) throws IOException {
    JsonValues values =
        JsonValues.open(file, () -> new Utf8Reader(file, SourceFile.open(file)), EXPECTED);
    return new JsonRows(file, values, key, notes);
  }

  @Override
  public Optional<int[]> next() throws IOException {
    while (rows.isEmpty()) {
      Optional<List<int[]>> value = values.next(this::rows);
      if (value.isEmpty()) {
        requireOne();
        return Optional.empty();
      }
      rows.addAll(value.get());
    }
    return Optional.of(rows.remove());
  }

  private void requireOne() throws FormatException {
    if (sequence == 0) {
      throw FormatException.of(file, "expected " + EXPECTED + ": there is no sequence");
    }
  }

  private List<int[]> rows(JsonReader json) throws IOException {
    if (json.peek() == JsonToken.BEGIN_ARRAY) {
      return List.of(ids(row(json)));
    }
    Set<String> names = new HashSet<>();
    Set<String> lists = new TreeSet<>();
    List<long[]> found = List.of();
    List<long[]> masks = List.of();
    json.beginObject();
    while (json.hasNext()) {
      String name = json.nextName();
      if (!names.add(name)) {
        throw values.wrong("key " + name + ": there are two");
      }
      if (name.equals(key)) {
        found = lists(json);
      } else if (name.equals(maskKey)) {
        masks = lists(json);
      } else if (skipped(json)) {
        lists.add(name);
      }
    }
    json.endObject();
    if (!names.contains(key)) {
      throw values.wrong("expected a key " + key + ", found " + new TreeSet<>(names));
    }
    OtherColumns.note(file, Set.of(key, maskKey), lists, notes);
    return masked(found, names.contains(maskKey) ? Optional.of(masks) : Optional.empty());
  }

  private List<int[]> masked(List<long[]> found, Optional<List<long[]>> masks) throws IOException {
    if (masks.isPresent() && masks.get().size() != found.size()) {
      throw values.wrong(
          "key %s: expected a mask for each of the %d rows of %s, found %d"
              .formatted(maskKey, found.size(), key, masks.get().size()));
    }
    List<int[]> cut = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      String where = "sequence " + sequence;
      int[] ids = ids(found.get(i));
      cut.add(masks.isPresent() ? AttentionMask.cut(file, where, ids, masks.get().get(i)) : ids);
    }
    return cut;
  }

  private int[] ids(long[] row) throws FormatException {
    for (int i = 0; i < row.length; i++) {
      CheckedSequences.requireInt(file, sequence, i, row[i]);
    }
    sequence++;
    return Arrays.stream(row).mapToInt(id -> (int) id).toArray();
  }

  /** Passes over a value and tells whether it is an array of numbers or of arrays. */
  private static boolean skipped(JsonReader json) throws IOException {
    if (json.peek() != JsonToken.BEGIN_ARRAY) {
      json.skipValue();
      return false;
    }
    json.beginArray();
    boolean ofNumbers =
        json.hasNext()
            && Set.of(JsonToken.NUMBER, JsonToken.BOOLEAN, JsonToken.BEGIN_ARRAY)
                .contains(json.peek());
    while (json.hasNext()) {
      json.skipValue();
    }
    json.endArray();
    return ofNumbers;
  }

  /** An array of numbers, or several in one. */
  private List<long[]> lists(JsonReader json) throws IOException {
    json.beginArray();
    if (json.peek() != JsonToken.BEGIN_ARRAY) {
      return List.of(rest(json));
    }
    List<long[]> lists = new ArrayList<>();
    while (json.hasNext()) {
      lists.add(row(json));
    }
    json.endArray();
    return lists;
  }

  private long[] row(JsonReader json) throws IOException {
    json.beginArray();
    return rest(json);
  }

  private long[] rest(JsonReader json) throws IOException {
    long[] numbers = new long[64];
    int length = 0;
    while (json.hasNext()) {
      numbers = length < numbers.length ? numbers : Arrays.copyOf(numbers, 2 * length);
      numbers[length++] =
          json.peek() == JsonToken.BOOLEAN ? (json.nextBoolean() ? 1 : 0) : number(json);
    }
    json.endArray();
    return Arrays.copyOf(numbers, length);
  }

  private long number(JsonReader json) throws IOException {
    if (json.peek() != JsonToken.NUMBER) {
      throw values.wrong("expected whole numbers, found something else at " + json.getPath());
    }
    return json.nextLong();
  }

  @Override
  public void close() throws IOException {
    values.close();
  }
}
