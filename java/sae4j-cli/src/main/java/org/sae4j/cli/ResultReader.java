package org.sae4j.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.sae4j.FormatException;

/**
 * Reads a file of results as it comes, so that millions of effects take no more memory than few.
 *
 * <p>A file has one JSON object, or, with one effect a line, several: the header, the effects, the
 * results.
 */
final class ResultReader {
  private final Path file;
  private final JsonReader in;
  private final Map<String, Measured> lines = new HashMap<>();
  private Optional<JsonObject> header = Optional.empty();
  private Optional<Measured> results = Optional.empty();

  ResultReader(Path file, Reader content) {
    this.file = file;
    in = new JsonReader(content);
    // Else it would not read several values.
    in.setStrictness(Strictness.LENIENT);
  }

  /** Reads all of the file. */
  ResultReader read() throws IOException {
    try {
      while (in.peek() != JsonToken.END_DOCUMENT) {
        value();
      }
      return this;
    } catch (JsonParseException | IllegalStateException | NumberFormatException e) {
      throw notJson(e);
    } catch (IOException e) {
      throw e instanceof FormatException ? e : notJson(e);
    }
  }

  /** What comes before the results. */
  ResultJson header() throws FormatException {
    return new ResultJson(file, "", header.orElseThrow(this::noResults));
  }

  Measured results() throws FormatException {
    return results.orElseThrow(
        () -> FormatException.of(file, "results are missing: the run did not end"));
  }

  /** The effects that were one a line. */
  Optional<Measured> linesOf(String sae) {
    return Optional.ofNullable(lines.get(sae));
  }

  private void value() throws IOException {
    JsonObject rest = new JsonObject();
    in.beginObject();
    while (in.hasNext()) {
      String name = in.nextName();
      if (name.equals("results")) {
        requireOnce("results", results);
        results = Optional.of(measured());
      } else {
        rest.add(name, JsonParser.parseReader(in));
      }
    }
    in.endObject();
    if (rest.has("schema")) {
      requireOnce("schema", header);
      header = Optional.of(rest);
    } else if (header.isEmpty()) {
      throw noResults();
    } else if (!rest.isEmpty()) {
      line(new ResultJson(file, "effect.", rest));
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

  private void line(ResultJson effect) throws FormatException {
    Measured own = lines.computeIfAbsent(effect.string("sae").orElse(""), sae -> new Measured());
    if (effect.has("channel")) {
      if (own.channels.isEmpty()) {
        own.channels = Optional.of(new Measured());
      }
      own.channels.get().effects.add(effect, "channel");
    } else {
      own.effects.add(effect, "latent");
    }
  }

  private Measured measured() throws IOException {
    Measured measured = new Measured();
    in.beginObject();
    while (in.hasNext()) {
      String name = in.nextName();
      switch (name) {
        case "saes" -> {
          in.beginArray();
          while (in.hasNext()) {
            measured.saes.add(measured());
          }
          in.endArray();
        }
        case "effects" -> effects(measured.effects);
        case "channels" -> measured.channels = Optional.of(measured());
        case "density" -> density(measured);
        default -> measured.json.add(name, JsonParser.parseReader(in));
      }
    }
    in.endObject();
    return measured;
  }

  private void effects(EffectTally tally) throws IOException {
    in.beginArray();
    while (in.hasNext()) {
      JsonObject effect = JsonParser.parseReader(in).getAsJsonObject();
      tally.add(
          new ResultJson(file, "effects.", effect), effect.has("channel") ? "channel" : "latent");
    }
    in.endArray();
  }

  private void density(Measured measured) throws IOException {
    JsonObject density = new JsonObject();
    in.beginObject();
    while (in.hasNext()) {
      String name = in.nextName();
      if (name.equals("fires")) {
        measured.fires = Optional.of(fires());
      } else {
        density.add(name, JsonParser.parseReader(in));
      }
    }
    in.endObject();
    measured.json.add("density", density);
  }

  private long[] fires() throws IOException {
    LongStream.Builder counts = LongStream.builder();
    in.beginArray();
    while (in.hasNext()) {
      long count = in.nextLong();
      if (count < 0) {
        throw FormatException.mismatch(file, in.getPreviousPath(), "a count", count);
      }
      counts.add(count);
    }
    in.endArray();
    return counts.build().toArray();
  }

  private FormatException notJson(Exception e) {
    // Where Gson wraps an exception it says its class too.
    Throwable cause = e.getCause() instanceof IOException ? e.getCause() : e;
    String said = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    return FormatException.of(file, "expected results as JSON: " + said, e);
  }
}
