package org.sae4j.results.report;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.stream.JsonReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;
import org.sae4j.results.JsonObjects;
import org.sae4j.results.ResultRange;

/**
 * Reads a document as a stream, so that millions of effects need no more memory than few.
 *
 * <p>A file has one JSON object, or, with one effect per line, several: the header, the effects,
 * the results.
 */
final class ResultReader {
  private final Path file;
  private final JsonObjects values;
  private final Map<String, Measured> lines = new HashMap<>();
  private Optional<JsonObject> header = Optional.empty();
  private Optional<Measured> results = Optional.empty();

  ResultReader(Path file, Reader content) {
    this.file = file;
    values = new JsonObjects(content);
  }

  /** Reads all of the file. */
  ResultReader read() throws IOException {
    try {
      values.forEach(this::value);
      return this;
    } catch (JsonParseException | IllegalStateException | NumberFormatException e) {
      throw notJson(e);
    } catch (IOException e) {
      throw e instanceof FormatException ? e : notJson(e);
    }
  }

  /** What comes before the results. */
  JsonFields header() throws FormatException {
    return ResultRange.check(file, "", header.orElseThrow(this::noResults));
  }

  Measured results() throws FormatException {
    return results.orElseThrow(
        () -> FormatException.of(file, "results are missing: the run did not end"));
  }

  /** The effects that were one per line. */
  Optional<Measured> linesOf(String sae) {
    return Optional.ofNullable(lines.get(sae));
  }

  private void value(JsonReader in) throws IOException {
    JsonObject rest = new JsonObject();
    Set<String> keys = new HashSet<>();
    in.beginObject();
    while (in.hasNext()) {
      String name = JsonObjects.key(in, keys);
      if (name.equals("results")) {
        requireOnce("results", results);
        results = Optional.of(measured(in));
      } else {
        rest.add(name, JsonObjects.read(in));
      }
    }
    in.endObject();
    if (rest.has("schema")) {
      requireOnce("schema", header);
      header = Optional.of(rest);
    } else if (header.isEmpty()) {
      throw noResults();
    } else if (!rest.isEmpty()) {
      line(ResultRange.check(file, "effect.", rest));
    }
  }

  private FormatException noResults() {
    return FormatException.of(file, "schema is missing: expected results of sae4j");
  }

  private void requireOnce(String key, Optional<?> before) throws FormatException {
    if (before.isPresent()) {
      throw FormatException.of(file, key + " is there twice");
    }
  }

  private void line(JsonFields effect) throws FormatException {
    Measured own =
        lines.computeIfAbsent(effect.string("sae").orElse(""), sae -> new Measured("effect."));
    if (effect.has("channel")) {
      if (own.channels.isEmpty()) {
        own.channels = Optional.of(new Measured("effect."));
      }
      own.channels.get().effects.add(effect, "channel");
    } else {
      own.effects.add(effect, "latent");
    }
  }

  private Measured measured(JsonReader in) throws IOException {
    Measured measured = new Measured(JsonObjects.path(in.getPath()) + ".");
    Set<String> keys = new HashSet<>();
    in.beginObject();
    while (in.hasNext()) {
      String name = JsonObjects.key(in, keys);
      switch (name) {
        case "saes" -> {
          in.beginArray();
          while (in.hasNext()) {
            measured.saes.add(measured(in));
          }
          in.endArray();
        }
        case "effects" -> effects(in, measured.effects);
        case "channels" -> measured.channels = Optional.of(measured(in));
        case "density" -> density(in, measured);
        default -> measured.json.add(name, JsonObjects.read(in));
      }
    }
    in.endObject();
    return measured;
  }

  private void effects(JsonReader in, EffectTally tally) throws IOException {
    in.beginArray();
    while (in.hasNext()) {
      JsonObject effect = JsonObjects.read(in).getAsJsonObject();
      tally.add(
          ResultRange.check(file, "effects.", effect),
          effect.has("channel") ? "channel" : "latent");
    }
    in.endArray();
  }

  private void density(JsonReader in, Measured measured) throws IOException {
    JsonObject density = new JsonObject();
    Set<String> keys = new HashSet<>();
    in.beginObject();
    while (in.hasNext()) {
      String name = JsonObjects.key(in, keys);
      if (name.equals("fires")) {
        measured.fires = Optional.of(fires(in));
      } else {
        density.add(name, JsonObjects.read(in));
      }
    }
    in.endObject();
    measured.json.add("density", density);
  }

  private long[] fires(JsonReader in) throws IOException {
    LongStream.Builder counts = LongStream.builder();
    in.beginArray();
    while (in.hasNext()) {
      long count = in.nextLong();
      if (count < 0) {
        throw FormatException.mismatch(
            file, JsonObjects.path(in.getPreviousPath()), "a count", count);
      }
      counts.add(count);
    }
    in.endArray();
    return counts.build().toArray();
  }

  private FormatException notJson(Exception e) {
    return FormatException.of(file, "expected results as JSON: " + JsonObjects.said(e), e);
  }
}
