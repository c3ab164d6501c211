package org.sae4j.results;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.sae4j.format.FormatException;

/**
 * A JSON object in a file of results, whose values are asked for by key and type.
 *
 * <p>What is null counts as absent; what is of another type is refused with the file and the key.
 *
 * @param file the file
 * @param path where the object is in it, with a dot at the end unless empty
 * @param object the object
 */
public record ResultJson(Path file, String path, JsonObject object) {

  public boolean has(String key) {
    return object.has(key) && !object.get(key).isJsonNull();
  }

  public Optional<String> string(String key) throws FormatException {
    if (!has(key)) {
      return Optional.empty();
    }
    if (object.get(key) instanceof JsonPrimitive text && text.isString()) {
      return Optional.of(text.getAsString());
    }
    throw mismatch(key, "a string", object.get(key));
  }

  /** The string of a key, empty if there is none. */
  public static String text(Optional<ResultJson> json, String key) throws FormatException {
    return json.isPresent() ? json.get().string(key).orElse("") : "";
  }

  public OptionalDouble number(String key) throws FormatException {
    return has(key)
        ? OptionalDouble.of(number(key, object.get(key)).getAsDouble())
        : OptionalDouble.empty();
  }

  /** True or false; false if it is absent. */
  public boolean isTrue(String key) throws FormatException {
    if (!has(key)) {
      return false;
    }
    if (object.get(key) instanceof JsonPrimitive value && value.isBoolean()) {
      return value.getAsBoolean();
    }
    throw mismatch(key, "true or false", object.get(key));
  }

  /** A whole number from 0, which has to be there. */
  public int index(String key) throws FormatException {
    if (!has(key)) {
      throw missing(key);
    }
    return index(key, object.get(key));
  }

  private int index(String key, JsonElement element) throws FormatException {
    double value = number(key, element).getAsDouble();
    if (value < 0 || value != Math.rint(value) || value > Integer.MAX_VALUE) {
      throw mismatch(key, "a whole number from 0", element);
    }
    return (int) value;
  }

  /** Whole numbers from 0; the array has to be there. */
  int[] indices(String key) throws FormatException {
    if (!has(key)) {
      throw missing(key);
    }
    int[] indices = new int[array(key).size()];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = index(key, array(key).get(i));
    }
    return indices;
  }

  /** An array of numbers, some of which may be null. */
  public JsonArray numbers(String key) throws FormatException {
    JsonArray checked = new JsonArray();
    for (JsonElement element : array(key)) {
      checked.add(element.isJsonNull() ? JsonNull.INSTANCE : number(key, element));
    }
    return checked;
  }

  /** The low and the high end of an interval; none if it is absent or has no ends. */
  public Optional<JsonArray> interval(String key) throws FormatException {
    if (!has(key)) {
      return Optional.empty();
    }
    JsonArray ends = numbers(key);
    if (ends.size() != 2) {
      throw mismatch(key, "[low, high]", ends);
    }
    if (ends.contains(JsonNull.INSTANCE)) {
      return Optional.empty();
    }
    if (ends.get(0).getAsDouble() > ends.get(1).getAsDouble()) {
      throw mismatch(key, "[low, high]", ends);
    }
    return Optional.of(ends);
  }

  public List<String> strings(String key) throws FormatException {
    List<String> strings = new ArrayList<>();
    for (JsonElement element : array(key)) {
      if (!(element instanceof JsonPrimitive text && text.isString())) {
        throw mismatch(key, "strings", element);
      }
      strings.add(element.getAsString());
    }
    return strings;
  }

  /** The objects of an array; none if it is absent. */
  public List<ResultJson> objects(String key) throws FormatException {
    List<ResultJson> objects = new ArrayList<>();
    for (JsonElement element : array(key)) {
      objects.add(inner(key + "[" + objects.size() + "]", element));
    }
    return objects;
  }

  /** The object of a key, empty if it is absent. */
  public ResultJson objectOrEmpty(String key) throws FormatException {
    return inner(key, has(key) ? object.get(key) : new JsonObject());
  }

  /** All numbers among the values, by their keys. */
  public JsonObject allNumbers() throws FormatException {
    JsonObject numbers = new JsonObject();
    for (String key : object.keySet()) {
      if (object.get(key) instanceof JsonPrimitive value && value.isNumber()) {
        numbers.add(key, number(key, value));
      }
    }
    return numbers;
  }

  public FormatException missing(String key) {
    return FormatException.of(file, path + key + " is missing");
  }

  public FormatException mismatch(String key, String expected, JsonElement found) {
    String text = found.toString();
    return FormatException.mismatch(
        file, path + key, expected, text.length() > 60 ? text.substring(0, 60) + "…" : text);
  }

  private JsonArray array(String key) throws FormatException {
    if (!has(key)) {
      return new JsonArray();
    }
    if (object.get(key) instanceof JsonArray array) {
      return array;
    }
    throw mismatch(key, "an array", object.get(key));
  }

  private ResultJson inner(String key, JsonElement element) throws FormatException {
    if (element instanceof JsonObject inner) {
      return new ResultJson(file, path + key + ".", inner);
    }
    throw mismatch(key, "an object", element);
  }

  private JsonElement number(String key, JsonElement element) throws FormatException {
    if (!(element instanceof JsonPrimitive value
        && value.isNumber()
        && Double.isFinite(value.getAsDouble()))) {
      throw mismatch(key, "a finite number", element);
    }
    Optional<String> expected = ResultRange.broken(key, value.getAsDouble());
    if (expected.isPresent()) {
      throw mismatch(key, expected.get(), element);
    }
    return value;
  }
}
