package org.sae4j.results;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.util.HashSet;
import java.util.Set;

/**
 * Reads the JSON objects of a text one after another; each begins on a new line.
 *
 * <p>They are JSON and nothing else: no comments, no NaN, no key twice in an object.
 */
public final class JsonObjects {
  private final Lines lines;

  public JsonObjects(Reader text) {
    lines = new Lines(text);
  }

  /** Reads one value from where a reader is. */
  @FunctionalInterface
  public interface Value {
    void read(JsonReader in) throws IOException;
  }

  /** Reads all values, each of which has to be an object. */
  public void forEach(Value value) throws IOException {
    while (lines.hasMore()) {
      lines.beginValue();
      JsonReader in = new JsonReader(lines);
      in.setStrictness(Strictness.STRICT);
      value.read(in);
      lines.endValue();
      if (in.peek() != JsonToken.END_DOCUMENT) {
        throw new JsonParseException("expected one value in a line");
      }
    }
  }

  /** Reads a text that is one object. */
  public static JsonObject object(String text) throws IOException {
    JsonReader in = new JsonReader(new StringReader(text));
    in.setStrictness(Strictness.STRICT);
    JsonElement read = read(in);
    if (in.peek() != JsonToken.END_DOCUMENT || !(read instanceof JsonObject object)) {
      throw new JsonParseException("expected one object");
    }
    return object;
  }

  /** Reads a whole value. */
  public static JsonElement read(JsonReader in) throws IOException {
    return switch (in.peek()) {
      case BEGIN_OBJECT -> {
        JsonObject object = new JsonObject();
        Set<String> keys = new HashSet<>();
        in.beginObject();
        while (in.hasNext()) {
          object.add(key(in, keys), read(in));
        }
        in.endObject();
        yield object;
      }
      case BEGIN_ARRAY -> {
        JsonArray array = new JsonArray();
        in.beginArray();
        while (in.hasNext()) {
          array.add(read(in));
        }
        in.endArray();
        yield array;
      }
      default -> JsonParser.parseReader(in);
    };
  }

  /**
   * Reads the next key of an object.
   *
   * @param before the keys before it
   */
  public static String key(JsonReader in, Set<String> before) throws IOException {
    String key = in.nextName();
    if (!before.add(key)) {
      throw new JsonParseException(path(in.getPath()) + ": expected once, found twice");
    }
    return key;
  }

  /** A path as Gson says it, as people do: {@code results.saes[0].kl}. */
  public static String path(String path) {
    return path.replaceFirst("^\\$\\.", "");
  }

  /** What is wrong with a text, in one line and without Gson's advice to those who call it. */
  public static String said(Exception e) {
    // Where Gson wraps an exception it says its class too.
    Throwable cause = e.getCause() instanceof IOException ? e.getCause() : e;
    return String.valueOf(cause.getMessage())
        .lines()
        .findFirst()
        .orElse("")
        .replaceFirst("^Use JsonReader.* to accept malformed JSON", "found something else");
  }

  /** Hands over no more than what a value may need: the rest of the line that it ends in. */
  private static final class Lines extends Reader {
    private final Reader text;
    private final char[] buffer = new char[1 << 16];
    private int at;
    private int end;
    private boolean ended;

    private Lines(Reader text) {
      this.text = text;
    }

    /** Skips white space and tells whether anything follows. */
    private boolean hasMore() throws IOException {
      while (fill()) {
        if (" \t\r\n".indexOf(buffer[at]) < 0) {
          return true;
        }
        at++;
      }
      return false;
    }

    private void beginValue() {
      ended = false;
    }

    private void endValue() {
      ended = true;
    }

    private boolean fill() throws IOException {
      if (at == end) {
        at = 0;
        end = Math.max(0, text.read(buffer));
      }
      return at < end;
    }

    @Override
    public int read(char[] target, int offset, int length) throws IOException {
      if (ended || !fill()) {
        return -1;
      }
      int count = 0;
      while (count < length && at < end) {
        char c = buffer[at++];
        target[offset + count++] = c;
        if (c == '\n') {
          break;
        }
      }
      return count;
    }

    @Override
    public void close() throws IOException {
      text.close();
    }
  }
}
