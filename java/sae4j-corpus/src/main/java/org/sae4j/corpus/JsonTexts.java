package org.sae4j.corpus;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** JSON objects, in which one key has the text. */
final class JsonTexts implements Documents {
  private final Path file;
  private final JsonValues values;
  private final String key;
  private final Notes notes;

  private JsonTexts(Path file, JsonValues values, String key, Notes notes) {
    this.file = file;
    this.values = values;
    this.key = key;
    this.notes = notes;
  }

  static JsonTexts open(Path file, String key, Notes notes) throws IOException {
    JsonValues values =
        JsonValues.open(file, () -> new Utf8Reader(file, SourceFile.open(file)), "a JSON object");
    return new JsonTexts(file, values, key, notes);
  }

  @Override
  public Optional<Reader> next() throws IOException {
    Optional<Optional<String>> text = values.next(this::text);
    while (text.isPresent() && text.get().isEmpty()) {
      notes.say(file, values.where(), NO_TEXT);
      text = values.next(this::text);
    }
    return text.flatMap(found -> found).map(StringReader::new);
  }

  /** The text of an object, or nothing if it is null. */
  private Optional<String> text(JsonReader json) throws IOException {
    Set<String> others = new TreeSet<>();
    Optional<String> found = Optional.empty();
    boolean read = false;
    json.beginObject();
    while (json.hasNext()) {
      String name = json.nextName();
      if (!name.equals(key)) {
        others.add(name);
        json.skipValue();
      } else if (read) {
        throw values.wrong("key " + key + ": there are two");
      } else {
        found = value(json);
        read = true;
      }
    }
    json.endObject();
    if (!read) {
      throw values.wrong("expected a key " + key + ", found " + others);
    }
    return found;
  }

  private Optional<String> value(JsonReader json) throws IOException {
    if (json.peek() == JsonToken.NULL) {
      json.nextNull();
      return Optional.empty();
    }
    if (json.peek() != JsonToken.STRING) {
      throw values.wrong("key " + key + ": expected a string, found " + kind(json.peek()));
    }
    return Optional.of(Documents.checked(file, values.where() + ", key " + key, json.nextString()));
  }

  private static String kind(JsonToken token) {
    return switch (token) {
      case BEGIN_ARRAY -> "an array";
      case BEGIN_OBJECT -> "an object";
      case NUMBER -> "a number";
      default -> "true or false";
    };
  }

  @Override
  public void close() throws IOException {
    values.close();
  }
}
