package org.sae4j.corpus;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.sae4j.FormatException;

/** JSON lines: an object a line, in which one key has the text. Blank lines are nothing. */
final class JsonLines implements Documents {
  /** In characters; far above any document, and far below what would exhaust the heap. */
  private static final int LONGEST_LINE = 1 << 24;

  private final Path file;
  private final Reader text;
  private final String key;
  private final char[] buffer = new char[1 << 14];
  private int from;
  private int to;
  private long number;

  JsonLines(Path file, Reader text, String key) {
    this.file = file;
    this.text = text;
    this.key = key;
  }

  @Override
  public Optional<Reader> next() throws IOException {
    Optional<String> line = line();
    while (line.isPresent() && line.get().isBlank()) {
      line = line();
    }
    return line.isPresent() ? Optional.of(new StringReader(text(line.get()))) : Optional.empty();
  }

  private Optional<String> line() throws IOException {
    StringBuilder line = new StringBuilder();
    number++;
    while (true) {
      if (from == to) {
        from = 0;
        to = Math.max(0, text.read(buffer));
        if (to == 0) {
          return line.isEmpty() ? Optional.empty() : Optional.of(line.toString());
        }
      }
      int end = from;
      while (end < to && buffer[end] != '\n') {
        end++;
      }
      if (line.length() + (end - from) > LONGEST_LINE) {
        throw wrong("expected at most " + LONGEST_LINE + " characters, found more");
      }
      line.append(buffer, from, end - from);
      from = end;
      if (end < to) {
        from++;
        return Optional.of(line.toString());
      }
    }
  }

  private String text(String line) throws IOException {
    try (JsonReader json = new JsonReader(new StringReader(line))) {
      json.setStrictness(Strictness.STRICT);
      return text(json);
    } catch (MalformedJsonException | EOFException e) {
      throw FormatException.of(
          file, "line " + number + ": expected a JSON object, found other text", e);
    } catch (IllegalStateException e) {
      throw FormatException.of(file, "line " + number + ": expected a JSON object", e);
    }
  }

  private String text(JsonReader json) throws IOException {
    Set<String> others = new TreeSet<>();
    Optional<String> found = Optional.empty();
    json.beginObject();
    while (json.hasNext()) {
      String name = json.nextName();
      if (!name.equals(key)) {
        others.add(name);
        json.skipValue();
      } else if (found.isPresent()) {
        throw wrong("key " + key + ": there are two");
      } else if (json.peek() != JsonToken.STRING) {
        throw wrong("key " + key + ": expected a string, found " + kind(json.peek()));
      } else {
        found = Optional.of(json.nextString());
      }
    }
    json.endObject();
    if (json.peek() != JsonToken.END_DOCUMENT) {
      throw wrong("expected one JSON object, found more after it");
    }
    return found.orElseThrow(() -> wrong("expected a key " + key + ", found " + others));
  }

  private static String kind(JsonToken token) {
    return switch (token) {
      case BEGIN_ARRAY -> "an array";
      case BEGIN_OBJECT -> "an object";
      case NUMBER -> "a number";
      case BOOLEAN -> "true or false";
      default -> "null";
    };
  }

  private FormatException wrong(String problem) {
    return FormatException.of(file, "line " + number + ": " + problem);
  }

  @Override
  public void close() throws IOException {
    text.close();
  }
}
