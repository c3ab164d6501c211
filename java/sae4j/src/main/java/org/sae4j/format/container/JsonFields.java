package org.sae4j.format.container;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Predicate;
import org.sae4j.format.FormatException;

/**
 * A JSON object in a file, whose values are asked for by key and type.
 *
 * <p>As in Python's readers of these files, {@code null} counts as absent. A value of another type
 * is refused with the file and the path to it. The object remembers which keys were asked for, and
 * {@link #unused} tells the others.
 */
public final class JsonFields {
  private static final int LONGEST_SHOWN = 60;

  private final Path file;
  private final String prefix;
  private final JsonObject object;
  private final Range range;
  private final Set<String> asked = new HashSet<>();

  /** Objects that were asked for, which know what they were asked. */
  private final Map<String, JsonFields> inner = new HashMap<>();

  /** Which finite numbers a key can have. */
  @FunctionalInterface
  public interface Range {
    /** What is expected of the key, if the value is not that. */
    Optional<String> broken(String key, double value);
  }

  private interface Parser<T> {
    T parse(String key, JsonElement value) throws FormatException;
  }

  /**
   * Asks an object that was read before.
   *
   * @param prefix what messages put before its keys: where it stands in the file
   */
  public JsonFields(Path file, String prefix, JsonObject object, Range range) {
    this.file = file;
    this.prefix = prefix;
    this.object = object;
    this.range = range;
  }

  /** Reads a file that holds one JSON object. */
  public static JsonFields read(Path file) throws IOException {
    return new JsonFields(file, "", StrictJson.readObject(file), (key, value) -> Optional.empty());
  }

  /** Reads a file that may be missing: then nothing is set. */
  public static JsonFields readIfThere(Path file) throws IOException {
    return Files.exists(file)
        ? read(file)
        : new JsonFields(file, "", new JsonObject(), (key, value) -> Optional.empty());
  }

  /** Tells whether the key is there and not null. */
  public boolean has(String key) {
    return value(key).isPresent();
  }

  /** The value of a key as it stands, unless absent or null. */
  public Optional<JsonElement> value(String key) {
    asked.add(key);
    return Optional.ofNullable(object.get(key)).filter(value -> !value.isJsonNull());
  }

  /** The keys, also those whose value is null. */
  public Set<String> keys() {
    return object.keySet();
  }

  public Optional<String> string(String key) throws FormatException {
    return find(key, this::string);
  }

  public String requireString(String key) throws FormatException {
    return string(key).orElseThrow(() -> mismatch(key, "a string"));
  }

  /** The strings of an array; none if it is absent. */
  public List<String> strings(String key) throws FormatException {
    return each(key, this::string);
  }

  public Optional<Boolean> bool(String key) throws FormatException {
    return find(
        key, (k, v) -> checked(k, v, "true or false", JsonFields::isBoolean).getAsBoolean());
  }

  /** A finite number. */
  public OptionalDouble number(String key) throws FormatException {
    Optional<JsonElement> number = find(key, this::number);
    return number.isPresent()
        ? OptionalDouble.of(number.get().getAsDouble())
        : OptionalDouble.empty();
  }

  /** An array of finite numbers, some of which may be null; empty if it is absent. */
  public JsonArray numbers(String key) throws FormatException {
    JsonArray numbers = new JsonArray();
    each(key, (k, v) -> v.isJsonNull() ? JsonNull.INSTANCE : number(k, v)).forEach(numbers::add);
    return numbers;
  }

  /** All numbers among the values, by their keys. */
  public JsonObject allNumbers() throws FormatException {
    JsonObject numbers = new JsonObject();
    for (String key : keys()) {
      if (object.get(key) instanceof JsonPrimitive value && value.isNumber()) {
        numbers.add(key, number(key, value));
      }
    }
    return numbers;
  }

  /** A whole number that an int holds, written as 16 or 16.0. */
  public Optional<Integer> integer(String key) throws FormatException {
    return integer(key, Integer.MIN_VALUE);
  }

  /** A whole number from {@code least} to what an int holds. */
  public Optional<Integer> integer(String key, int least) throws FormatException {
    return find(key, (k, v) -> integer(k, v, least));
  }

  public int requireInteger(String key, int least) throws FormatException {
    return integer(key, least).orElseThrow(() -> mismatch(key, integerFrom(least)));
  }

  /** The whole numbers of an array; none if it is absent. */
  public int[] integers(String key, int least) throws FormatException {
    return each(key, (k, v) -> integer(k, v, least)).stream().mapToInt(i -> i).toArray();
  }

  public JsonArray requireArray(String key) throws FormatException {
    if (!has(key)) {
      throw mismatch(key, "an array");
    }
    return arrayOrEmpty(key);
  }

  public JsonFields requireObject(String key) throws FormatException {
    if (!has(key)) {
      throw mismatch(key, "an object");
    }
    return objectOrEmpty(key);
  }

  /** The object under a key, empty if there is none. */
  public JsonFields objectOrEmpty(String key) throws FormatException {
    if (!inner.containsKey(key)) {
      inner.put(key, object(key, value(key).orElseGet(JsonObject::new)));
    }
    return inner.get(key);
  }

  /** The objects of an array; none if it is absent. */
  public List<JsonFields> objects(String key) throws FormatException {
    List<JsonFields> objects = new ArrayList<>();
    for (JsonElement value : arrayOrEmpty(key)) {
      objects.add(object(key + "[" + objects.size() + "]", value));
    }
    return objects;
  }

  /** An object that stands under a key, or in an array there. */
  public JsonFields object(String key, JsonElement value) throws FormatException {
    checked(key, value, "an object", JsonElement::isJsonObject);
    return inner(key, value.getAsJsonObject());
  }

  private JsonFields inner(String key, JsonObject value) {
    return new JsonFields(file, path(key) + ".", value, range);
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
      if (asked.add(key)) {
        if (!withoutEffect.contains(key) && !isNothing(value)) {
          unused.add(prefix + key + " " + shown(value) + ": not used");
        }
      } else if (value.isJsonObject()) {
        JsonFields of = inner.computeIfAbsent(key, k -> inner(k, value.getAsJsonObject()));
        unused.addAll(of.unused(withoutEffect));
      }
    }
    return unused;
  }

  private static boolean isNothing(JsonElement value) {
    return value.isJsonNull()
        || value.isJsonObject() && value.getAsJsonObject().isEmpty()
        || value.isJsonArray() && value.getAsJsonArray().isEmpty();
  }

  /** The beginning of a value as it may have been written: 16 where a double says 16.0. */
  public static String shown(JsonElement value) {
    String text = value.toString();
    String beginning =
        text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "…";
    return beginning.replaceAll("(?<=\\d)\\.0(?=[,\\]}]|$)", "");
  }

  /** The path to a key in the file. */
  public String path(String key) {
    return prefix + key;
  }

  /** An exception that says that the value of a key is not what it has to be. */
  public FormatException mismatch(String key, Object expected) {
    return mismatch(key, expected, value(key).<Object>map(v -> v).orElse("nothing"));
  }

  /** An exception that says what a key has to be and what was found instead. */
  public FormatException mismatch(String key, Object expected, Object found) {
    return FormatException.mismatch(
        file, path(key), expected, found instanceof JsonElement json ? shown(json) : found);
  }

  /** An exception about a key that cannot be done without. */
  public FormatException missing(String key) {
    return FormatException.of(file, path(key) + " is missing");
  }

  private <T> Optional<T> find(String key, Parser<T> parser) throws FormatException {
    Optional<JsonElement> value = value(key);
    return value.isPresent() ? Optional.of(parser.parse(key, value.get())) : Optional.empty();
  }

  private <T> List<T> each(String key, Parser<T> parser) throws FormatException {
    List<T> parsed = new ArrayList<>();
    for (JsonElement value : arrayOrEmpty(key)) {
      parsed.add(parser.parse(key, value));
    }
    return parsed;
  }

  private JsonArray arrayOrEmpty(String key) throws FormatException {
    JsonElement value = value(key).orElseGet(JsonArray::new);
    return checked(key, value, "an array", JsonElement::isJsonArray).getAsJsonArray();
  }

  private String string(String key, JsonElement value) throws FormatException {
    return checked(key, value, "a string", JsonFields::isString).getAsString();
  }

  private JsonElement number(String key, JsonElement value) throws FormatException {
    checked(key, value, "a finite number", JsonFields::isFinite);
    Optional<String> expected = range.broken(key, value.getAsDouble());
    if (expected.isPresent()) {
      throw mismatch(key, expected.get(), value);
    }
    return value;
  }

  private int integer(String key, JsonElement value, int least) throws FormatException {
    double number = isFinite(value) ? value.getAsDouble() : Double.NaN;
    if (number == Math.rint(number) && number >= least && number <= Integer.MAX_VALUE) {
      return (int) number;
    }
    throw mismatch(key, integerFrom(least), value);
  }

  private static String integerFrom(int least) {
    return least == Integer.MIN_VALUE ? "an integer" : "a whole number from " + least;
  }

  private JsonElement checked(
      String key, JsonElement value, String type, Predicate<JsonElement> test)
      throws FormatException {
    if (!test.test(value)) {
      throw mismatch(key, type, value);
    }
    return value;
  }

  /** Tells whether a value is a string. */
  public static boolean isString(JsonElement value) {
    return value instanceof JsonPrimitive primitive && primitive.isString();
  }

  private static boolean isBoolean(JsonElement value) {
    return value instanceof JsonPrimitive primitive && primitive.isBoolean();
  }

  private static boolean isFinite(JsonElement value) {
    return value instanceof JsonPrimitive primitive
        && primitive.isNumber()
        && Double.isFinite(value.getAsDouble());
  }
}
