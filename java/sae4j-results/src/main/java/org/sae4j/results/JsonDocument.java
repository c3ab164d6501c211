package org.sae4j.results;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.Optional;
import org.sae4j.SystemInfo;

/** The document that a command writes: schema, engine, options, inputs, and results. */
public final class JsonDocument {
  static final Gson ONE_LINE = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

  private final String command;
  private final JsonObject options = new JsonObject();
  private final JsonArray inputs = new JsonArray();
  private JsonObject results = new JsonObject();

  public JsonDocument(String command) {
    this.command = command;
    options.addProperty("command", command);
  }

  /** Which version of its schema a command writes. */
  public static int schemaVersion(String command) {
    // In version 1 of these the results of a single SAE were not in an array.
    return List.of("eval", "demo").contains(command) ? 2 : 1;
  }

  public JsonDocument option(String name, String value) {
    options.addProperty(name, value);
    return this;
  }

  public JsonDocument option(String name, Number value) {
    options.addProperty(name, value);
    return this;
  }

  public JsonDocument option(String name, boolean value) {
    options.addProperty(name, value);
    return this;
  }

  /** Notes an option that need not be there; null where it is not. */
  public JsonDocument option(String name, Optional<?> value) {
    options.add(name, ONE_LINE.toJsonTree(value.orElse(null)));
    return this;
  }

  public JsonDocument input(JsonObject input) {
    inputs.add(input);
    return this;
  }

  public JsonDocument results(JsonObject results) {
    this.results = results;
    return this;
  }

  /** A number, or null where it is not one: JSON has no NaN. */
  public static JsonElement number(double value) {
    return Double.isFinite(value) ? new JsonPrimitive(value) : JsonNull.INSTANCE;
  }

  /** The options alone, in one line. */
  public String optionsText() {
    return options.toString();
  }

  /** All but the results. */
  public JsonObject header() {
    JsonObject document = new JsonObject();
    document.addProperty("schema", "sae4j/" + command + "/" + schemaVersion(command));
    document.add("sae4j", engine(SystemInfo.get()));
    document.add("options", options);
    document.add("inputs", inputs);
    return document;
  }

  /** The whole document. */
  public String text() {
    JsonObject document = header();
    document.add("results", results);
    return ControlCharacters.inJson(IndentedJson.of(document)) + "\n";
  }

  /** Something in one line of a file that has one JSON value per line. */
  public static String line(JsonObject json) {
    return ControlCharacters.inJson(ONE_LINE.toJson(json)) + "\n";
  }

  private static JsonObject engine(SystemInfo info) {
    JsonObject engine = new JsonObject();
    engine.addProperty("version", info.version());
    engine.addProperty("llama_cpp", info.llamaVersion());
    engine.addProperty("platform", info.platform());
    engine.addProperty("kernels", info.kernels());
    engine.addProperty("blas", info.blas());
    return engine;
  }
}
