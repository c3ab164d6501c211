package org.sae4j.format.container;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.sae4j.format.FormatException;

/**
 * Reads JSON files of which every name may occur once.
 *
 * <p>Gson by itself keeps the last of two equal names, which in a vocabulary would silently lose a
 * token.
 */
public final class StrictJson {
  /** Far above any tokenizer, and far below what would exhaust the heap unnoticed. */
  private static final long MAX_BYTES = 128 << 20;

  private static final int MAX_DEPTH = 64;
  private static final String ADVICE =
      "Use JsonReader.setStrictness(Strictness.LENIENT) to accept malformed JSON ";

  private StrictJson() {}

  /** Reads a file whose content is one JSON object. */
  static JsonObject readObject(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw FormatException.of(file, "expected a file, found none");
    }
    if (Files.size(file) > MAX_BYTES) {
      throw FormatException.mismatch(
          file, "JSON", "at most " + MAX_BYTES + " bytes", Files.size(file));
    }
    // The decoder of newDecoder reports malformed UTF-8, where the charset alone would replace it.
    try (Reader text =
            new PythonNumbers(
                new BufferedReader(
                    new InputStreamReader(
                        Files.newInputStream(file), StandardCharsets.UTF_8.newDecoder())));
        JsonReader reader = new JsonReader(text)) {
      reader.setStrictness(Strictness.STRICT);
      return readDocument(reader);
    } catch (MalformedJsonException | EOFException | CharacterCodingException e) {
      throw FormatException.of(file, "expected JSON, found other text: " + said(e), e);
    } catch (JsonParseException | IllegalStateException e) {
      throw FormatException.of(file, said(e), e);
    }
  }

  private static JsonObject readDocument(JsonReader reader) throws IOException {
    if (reader.peek() != JsonToken.BEGIN_OBJECT) {
      throw new JsonParseException("expected a JSON object, found " + reader.peek());
    }
    JsonObject document = readObject(reader, 0);
    if (reader.peek() != JsonToken.END_DOCUMENT) {
      throw new JsonParseException("expected the end of the file, found " + reader.peek());
    }
    return document;
  }

  /**
   * What Gson says of a text, without its advice to those who call it, also on lines of its own.
   */
  public static String said(Exception e) {
    return String.valueOf(e.getMessage()).replace(ADVICE, "").lines().findFirst().orElse("");
  }

  private static JsonElement readValue(JsonReader reader, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new JsonParseException("expected at most " + MAX_DEPTH + " levels, found more");
    }
    switch (reader.peek()) {
      case BEGIN_OBJECT:
        return readObject(reader, depth);
      case BEGIN_ARRAY:
        return readArray(reader, depth);
      case STRING:
        return new JsonPrimitive(reader.nextString());
      case NUMBER:
        // As doubles, which hold every count in these files: 1e999999999 costs nothing.
        return new JsonPrimitive(Double.parseDouble(reader.nextString()));
      case BOOLEAN:
        return new JsonPrimitive(reader.nextBoolean());
      case NULL:
        reader.nextNull();
        return JsonNull.INSTANCE;
      default:
        throw new JsonParseException("expected a value, found " + reader.peek());
    }
  }

  private static JsonObject readObject(JsonReader reader, int depth) throws IOException {
    JsonObject object = new JsonObject();
    reader.beginObject();
    while (reader.hasNext()) {
      String name = reader.nextName();
      if (object.has(name)) {
        throw new JsonParseException("expected distinct names, found \"" + name + "\" twice");
      }
      object.add(name, readValue(reader, depth + 1));
    }
    reader.endObject();
    return object;
  }

  private static JsonArray readArray(JsonReader reader, int depth) throws IOException {
    JsonArray array = new JsonArray();
    reader.beginArray();
    while (reader.hasNext()) {
      array.add(readValue(reader, depth + 1));
    }
    reader.endArray();
    return array;
  }
}
