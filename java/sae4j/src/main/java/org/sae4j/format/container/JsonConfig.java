package org.sae4j.format.container;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.sae4j.format.FormatException;

/**
 * A JSON object in a file, with keys that are absent or of the expected type.
 *
 * <p>A key whose value is {@code null} counts as absent.
 */
public final class JsonConfig {
  private static final long MAX_BYTES = 16 << 20;

  private final Path file;
  private final String prefix;
  private final JsonObject object;

  /** Paths of the keys that were asked for, wherever they are in the file. */
  private final Set<String> asked;

  private JsonConfig(Path file, String prefix, JsonObject object, Set<String> asked) {
    this.file = file;
    this.prefix = prefix;
    this.object = object;
    this.asked = asked;
  }

  /** Reads a file that holds one JSON object. */
  public static JsonConfig read(Path file) throws IOException {
    long size = Files.size(file);
    if (size > MAX_BYTES) {
      throw FormatException.of(file, size + " bytes are too many for a configuration");
    }
    return new JsonConfig(file, "", StrictJson.readObject(file), new HashSet<>());
  }

  /** Tells whether the key is there and not null. */
  public boolean has(String key) {
    return value(key).isPresent();
  }

  /** The value of a key as it stands, unless absent or null. */
  public Optional<JsonElement> value(String key) {
    asked.add(prefix + key);
    return Optional.ofNullable(object.get(key)).filter(v -> !v.isJsonNull());
  }

  /** The keys, present or null. */
  public Iterable<String> keys() {
    return object.keySet();
  }

  public Optional<String> string(String key) throws FormatException {
    return typed(key, "a string", v -> v instanceof JsonPrimitive p && p.isString())
        .map(JsonElement::getAsString);
  }

  public Optional<Boolean> bool(String key) throws FormatException {
    return typed(key, "true or false", v -> v instanceof JsonPrimitive p && p.isBoolean())
        .map(JsonElement::getAsBoolean);
  }

  public Optional<Double> number(String key) throws FormatException {
    return typed(key, "a finite number", JsonConfig::isFinite).map(JsonElement::getAsDouble);
  }

  /** A whole number from {@code least} to what an int holds, written as 16 or 16.0. */
  public Optional<Integer> integer(String key, int least) throws FormatException {
    return typed(
            key,
            "a whole number from " + least,
            v -> isFinite(v) && isInt(v.getAsDouble()) && v.getAsDouble() >= least)
        .map(v -> (int) v.getAsDouble());
  }

  /** The object under a key, empty if there is none. */
  public JsonConfig objectOrEmpty(String key) throws FormatException {
    JsonObject inner =
        typed(key, "an object", JsonElement::isJsonObject)
            .map(JsonElement::getAsJsonObject)
            .orElseGet(JsonObject::new);
    return new JsonConfig(file, prefix + key + ".", inner, asked);
  }

  /**
   * What this object says that nobody has asked for so far, one line each, and each only once.
   *
   * <p>Objects that were asked for are looked into. Nulls and empty containers say nothing.
   *
   * @param withoutEffect names of keys that are known to make no difference
   */
  public List<String> unused(Set<String> withoutEffect) {
    List<String> unused = new ArrayList<>();
    for (Map.Entry<String, JsonElement> entry : object.entrySet()) {
      String key = entry.getKey();
      JsonElement value = entry.getValue();
      if (asked.add(prefix + key)) {
        if (!withoutEffect.contains(key) && !isNothing(value)) {
          unused.add(prefix + key + " " + shown(value) + ": not used");
        }
      } else if (value.isJsonObject()) {
        JsonConfig inner = new JsonConfig(file, prefix + key + ".", value.getAsJsonObject(), asked);
        unused.addAll(inner.unused(withoutEffect));
      }
    }
    return unused;
  }

  /** A value as it may have been written: whole numbers without the point that doubles have. */
  public static String shown(JsonElement value) {
    return JsonSettings.summary(value).replaceAll("(?<=\\d)\\.0(?=[,\\]}]|$)", "");
  }

  private static boolean isNothing(JsonElement value) {
    return value.isJsonNull()
        || value.isJsonObject() && value.getAsJsonObject().isEmpty()
        || value.isJsonArray() && value.getAsJsonArray().isEmpty();
  }

  /** The path to a key in the file. */
  public String path(String key) {
    return prefix + key;
  }

  /** An exception that says which key is not as it has to be. */
  public FormatException mismatch(String key, Object expected, Object found) {
    return FormatException.mismatch(file, prefix + key, expected, found);
  }

  /** An exception about a key that cannot be done without. */
  public FormatException missing(String key) {
    return FormatException.of(file, prefix + key + " is missing");
  }

  @FunctionalInterface
  private interface Test {
    boolean accepts(JsonElement value);
  }

  private Optional<JsonElement> typed(String key, String type, Test test) throws FormatException {
    Optional<JsonElement> value = value(key);
    if (value.isPresent() && !test.accepts(value.get())) {
      throw mismatch(key, type, kind(value.get()));
    }
    return value;
  }

  private static boolean isFinite(JsonElement value) {
    return value instanceof JsonPrimitive p && p.isNumber() && Double.isFinite(p.getAsDouble());
  }

  private static boolean isInt(double value) {
    return value == Math.rint(value) && Math.abs(value) <= Integer.MAX_VALUE;
  }

  /** Shows scalars as they are; containers might fill a screen. */
  private static String kind(JsonElement value) {
    if (value.isJsonObject()) {
      return "an object";
    }
    return value.isJsonArray() ? "an array" : value.toString();
  }
}
