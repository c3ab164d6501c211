package org.sae4j.format.container;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import org.sae4j.format.FormatException;

/**
 * A JSON object whose values are asked for by name and type.
 *
 * <p>A value that is missing or of another type is refused with the file and the path to it. As in
 * Python's readers of these files, {@code null} counts as absent.
 */
public record JsonSettings(Path file, String path, JsonObject object) {
  /** Reads the object that a file consists of. */
  public static JsonSettings read(Path file) throws IOException {
    return new JsonSettings(file, "", StrictJson.readObject(file));
  }

  /** Reads a file that may be missing: then nothing is set. */
  public static JsonSettings readIfThere(Path file) throws IOException {
    return Files.exists(file) ? read(file) : new JsonSettings(file, "", new JsonObject());
  }

  public boolean has(String name) {
    return object.has(name) && !object.get(name).isJsonNull();
  }

  public Optional<JsonElement> find(String name) {
    return has(name) ? Optional.of(object.get(name)) : Optional.empty();
  }

  public boolean flag(String name, boolean ifAbsent) throws FormatException {
    return has(name)
        ? primitive(name, "true or false", JsonPrimitive::isBoolean).getAsBoolean()
        : ifAbsent;
  }

  public String text(String name) throws FormatException {
    return primitive(name, "a string", JsonPrimitive::isString).getAsString();
  }

  public String text(String name, String ifAbsent) throws FormatException {
    return has(name) ? text(name) : ifAbsent;
  }

  public double number(String name, double ifAbsent) throws FormatException {
    return has(name)
        ? primitive(name, "a finite number", JsonSettings::isFinite).getAsDouble()
        : ifAbsent;
  }

  public int integer(String name) throws FormatException {
    JsonPrimitive value = primitive(name, "an integer", JsonPrimitive::isNumber);
    try {
      return new BigDecimal(value.getAsString()).intValueExact();
    } catch (ArithmeticException | NumberFormatException e) {
      throw unexpected(name, "a 32-bit integer", value.toString());
    }
  }

  public OptionalInt findInteger(String name) throws FormatException {
    return has(name) ? OptionalInt.of(integer(name)) : OptionalInt.empty();
  }

  public int positive(String name) throws FormatException {
    int value = integer(name);
    if (value <= 0) {
      throw unexpected(name, "a positive integer", Integer.toString(value));
    }
    return value;
  }

  public JsonSettings object(String name) throws FormatException {
    JsonElement value = required(name, "an object");
    if (!value.isJsonObject()) {
      throw unexpected(name, "an object", summary(value));
    }
    return new JsonSettings(file, pathOf(name), value.getAsJsonObject());
  }

  public JsonArray array(String name) throws FormatException {
    JsonElement value = required(name, "an array");
    if (!value.isJsonArray()) {
      throw unexpected(name, "an array", summary(value));
    }
    return value.getAsJsonArray();
  }

  /** Returns the objects of an array. */
  public List<JsonSettings> objects(String name) throws FormatException {
    List<JsonSettings> objects = new ArrayList<>();
    for (JsonElement element : array(name)) {
      String each = name + "[" + objects.size() + "]";
      if (!element.isJsonObject()) {
        throw unexpected(each, "an object", summary(element));
      }
      objects.add(new JsonSettings(file, pathOf(each), element.getAsJsonObject()));
    }
    return objects;
  }

  /** Describes a value that this object has no use for. */
  public FormatException unexpected(String name, String expected, String found) {
    return FormatException.mismatch(file, pathOf(name), expected, found);
  }

  private JsonPrimitive primitive(String name, String expected, Predicate<JsonPrimitive> type)
      throws FormatException {
    JsonElement value = required(name, expected);
    if (!value.isJsonPrimitive() || !type.test(value.getAsJsonPrimitive())) {
      throw unexpected(name, expected, summary(value));
    }
    return value.getAsJsonPrimitive();
  }

  private static boolean isFinite(JsonPrimitive value) {
    return value.isNumber() && Double.isFinite(value.getAsDouble());
  }

  private JsonElement required(String name, String expected) throws FormatException {
    return find(name).orElseThrow(() -> unexpected(name, expected, "nothing"));
  }

  private String pathOf(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  /** Returns the beginning of a value, for messages. */
  public static String summary(JsonElement value) {
    String text = value.toString();
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }
}
