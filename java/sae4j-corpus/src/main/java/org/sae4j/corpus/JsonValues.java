package org.sae4j.corpus;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.Optional;
import org.sae4j.format.FormatException;

/**
 * The values in a JSON file: one per line, or the elements of one array, or a single object over
 * several lines.
 */
final class JsonValues implements Closeable {
  /** In characters; far above any document, and far below what would exhaust the heap. */
  private static final int LONGEST = 1 << 24;

  /** The same of an object that is a whole file. */
  private static final int LONGEST_FILE = 1 << 28;

  private final Path file;
  private final String expected;
  private final Source source;

  /** Opens the text of a file, as often as it is wanted. */
  @FunctionalInterface
  interface Opener {
    Reader open() throws IOException;
  }

  /** Reads one value, at the begin of which the reader is. */
  @FunctionalInterface
  interface Parser<T> {
    T parse(JsonReader json) throws IOException;
  }

  /** Where values come from. */
  private interface Source extends Closeable {
    /** At the begin of the next value, or nothing at the end. */
    Optional<JsonReader> next() throws IOException;

    /** After a value. */
    void end(JsonReader json) throws IOException;

    String where();
  }

  private JsonValues(Path file, String expected, Source source) {
    this.file = file;
    this.expected = expected;
    this.source = source;
  }

  /**
   * Finds out how values stand in a file, and begins with the first.
   *
   * @param expected what each value has to be, for messages
   */
  static JsonValues open(Path file, Opener opener, String expected) throws IOException {
    String beginning;
    try (Reader text = opener.open()) {
      beginning = beginning(text);
    }
    Source source;
    if (beginning.matches("\\[[^]\\d-]")) {
      source = new Elements(opener.open());
    } else if (beginning.startsWith("{") && isOverSeveralLines(opener)) {
      source = new Whole(opener.open());
    } else {
      source = new Lines(opener.open());
    }
    return new JsonValues(file, expected, source);
  }

  /** The first two characters that are not blank. */
  static String beginning(Reader text) throws IOException {
    StringBuilder found = new StringBuilder();
    for (int c = text.read(); c >= 0 && found.length() < 2; c = text.read()) {
      if (!Character.isWhitespace(c) && c != '\ufeff') {
        found.append((char) c);
      }
    }
    return found.toString();
  }

  /** Whether the first line is the begin of an object, and no more. */
  private static boolean isOverSeveralLines(Opener opener) throws IOException {
    try (TextLines lines = new TextLines(opener.open(), LONGEST);
        JsonReader json = strict(new StringReader(lines.next().orElse("")))) {
      json.skipValue();
      return false;
    } catch (EOFException | BoundedReader.TooLongException e) {
      return true;
    } catch (MalformedJsonException e) {
      return false;
    }
  }

  private static JsonReader strict(Reader text) {
    JsonReader json = new JsonReader(text);
    json.setStrictness(Strictness.STRICT);
    return json;
  }

  /** Reads the next value, or nothing after the last. */
  <T> Optional<T> next(Parser<T> parser) throws IOException {
    try {
      Optional<JsonReader> json = source.next();
      if (json.isEmpty()) {
        return Optional.empty();
      }
      T value = parser.parse(json.get());
      source.end(json.get());
      return Optional.of(value);
    } catch (MalformedJsonException | EOFException e) {
      throw wrong("expected " + expected + ", found other text", e);
    } catch (IllegalStateException | NumberFormatException e) {
      throw wrong("expected " + expected, e);
    } catch (BoundedReader.TooLongException e) {
      throw wrong(e.getMessage(), e);
    }
  }

  /** Says what is wrong with the value that is being read. */
  FormatException wrong(String problem) {
    return FormatException.of(file, where() + ": " + problem);
  }

  private FormatException wrong(String problem, Exception cause) {
    return FormatException.of(file, where() + ": " + problem, cause);
  }

  /** Where the value stands that is being read, or was last. */
  String where() {
    return source.where();
  }

  private static void requireEnd(JsonReader json) throws IOException {
    if (json.peek() != JsonToken.END_DOCUMENT) {
      throw new MalformedJsonException("more after the value");
    }
  }

  @Override
  public void close() throws IOException {
    source.close();
  }

  /** One value per line. */
  private static final class Lines implements Source {
    private final TextLines lines;

    Lines(Reader text) {
      lines = new TextLines(text, LONGEST);
    }

    @Override
    public Optional<JsonReader> next() throws IOException {
      return lines.next().map(line -> strict(new StringReader(line)));
    }

    @Override
    public void end(JsonReader json) throws IOException {
      requireEnd(json);
    }

    @Override
    public String where() {
      return "line " + lines.number();
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }

  /** The elements of one array. */
  private static final class Elements implements Source {
    private final BoundedReader text;
    private final JsonReader json;
    private long next;

    Elements(Reader text) {
      this.text = new BoundedReader(text, LONGEST);
      json = strict(this.text);
    }

    @Override
    public Optional<JsonReader> next() throws IOException {
      if (next == 0) {
        json.beginArray();
      }
      next++;
      text.restart();
      if (json.hasNext()) {
        return Optional.of(json);
      }
      json.endArray();
      requireEnd(json);
      return Optional.empty();
    }

    @Override
    public void end(JsonReader json) {}

    @Override
    public String where() {
      return "array element " + Math.max(0, next - 1);
    }

    @Override
    public void close() throws IOException {
      json.close();
    }
  }

  /** One value that is all of the file. */
  private static final class Whole implements Source {
    private final JsonReader json;
    private boolean given;

    Whole(Reader text) {
      json = strict(new BoundedReader(text, LONGEST_FILE));
    }

    @Override
    public Optional<JsonReader> next() {
      Optional<JsonReader> next = given ? Optional.empty() : Optional.of(json);
      given = true;
      return next;
    }

    @Override
    public void end(JsonReader json) throws IOException {
      requireEnd(json);
    }

    @Override
    public String where() {
      return "an object over several lines";
    }

    @Override
    public void close() throws IOException {
      json.close();
    }
  }
}
