package org.sae4j.results;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.sae4j.eval.EvaluationOptions;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.eval.FeatureDensity;
import org.sae4j.eval.FrequencyBand;
import org.sae4j.stats.Interval;

/** Writes the results of {@code eval} as JSON; scripts rely on its keys. */
public final class EvaluationJson {
  private static final String TOKENS = "tokens";

  private EvaluationJson() {}

  /** An object for each SAE, in an array under {@code saes}; of several how they differ, too. */
  public static JsonObject of(List<Path> saes, List<EvaluationResult> results) {
    JsonArray array = new JsonArray();
    for (int i = 0; i < results.size(); i++) {
      JsonObject object = new JsonObject();
      object.addProperty("sae", saes.get(i).toString());
      object.addProperty("hook", results.get(i).hook().name());
      array.add(addTo(object, results.get(i)));
    }
    JsonObject json = new JsonObject();
    json.add("saes", array);
    if (results.size() > 1) {
      json.add("paired", PairedJson.of(saes, results));
    }
    return json;
  }

  /**
   * Writes down how it is done.
   *
   * @param hook the activation, or several
   */
  public static void describe(Optional<?> hook, EvaluationOptions options, JsonDocument document) {
    JsonObject bootstrap = new JsonObject();
    bootstrap.addProperty("replicates", options.resampling().replicates());
    bootstrap.addProperty("seed", options.resampling().seed());
    document
        .option("hook", hook)
        .option("replaced", options.replaced().toString())
        .option("counted", options.counted().toString())
        .option("kl_positions", options.klPositions().name().toLowerCase(Locale.ROOT))
        .option("mean_baseline", options.meanBaseline().toString())
        .option("bootstrap", Optional.of(bootstrap))
        .option("until_ci", options.untilCi().stream().boxed().findAny())
        .option("batch_tokens", options.batchTokens());
  }

  private static JsonObject addTo(JsonObject json, EvaluationResult result) {
    result.values().forEach((key, value) -> json.add(key, JsonDocument.number(value)));
    json.addProperty(TOKENS, result.tokens());
    json.addProperty("sequences", result.sequences());
    json.addProperty("stopped_early", result.stoppedEarly());
    JsonObject ci95 = new JsonObject();
    result.replicates().ci95().forEach((key, ci) -> ci95.add(key, interval(ci)));
    json.add("ci95", ci95);
    result.replicates().missing().ifPresent(why -> json.addProperty("ci95_missing", why));
    json.add("kl_by_position", numbers(result.klByPosition()));
    json.add("delta_ce_by_position", numbers(result.deltaCeByPosition()));
    json.add("by_token_frequency", frequencies(result.byTokenFrequency()));
    json.add("density", density(result.density()));
    if (!result.undefined().isEmpty()) {
      JsonObject reasons = new JsonObject();
      result.undefined().forEach(reasons::addProperty);
      json.add("undefined", reasons);
    }
    return json;
  }

  /** [low, high] */
  public static JsonArray interval(Interval interval) {
    return numbers(List.of(interval.low(), interval.high()));
  }

  private static JsonArray numbers(List<Double> values) {
    JsonArray array = new JsonArray(values.size());
    values.forEach(value -> array.add(JsonDocument.number(value)));
    return array;
  }

  private static JsonArray frequencies(List<FrequencyBand> bands) {
    JsonArray array = new JsonArray();
    for (FrequencyBand band : bands) {
      JsonObject json = new JsonObject();
      json.addProperty("from", band.from());
      json.addProperty("to", band.to());
      json.addProperty("tokens", band.tokens());
      json.add("kl", JsonDocument.number(band.kl()));
      json.add("delta_ce", JsonDocument.number(band.deltaCe()));
      array.add(json);
    }
    return array;
  }

  private static JsonObject density(FeatureDensity density) {
    FeatureDensity.Histogram histogram = density.histogram();
    JsonObject json = new JsonObject();
    json.add("log10_edges", numbers(Arrays.stream(histogram.log10Edges()).boxed().toList()));
    json.add("counts", longs(histogram.counts()));
    json.addProperty("dead", histogram.dead());
    json.add("fires", longs(density.fires()));
    return json;
  }

  private static JsonArray longs(long[] values) {
    JsonArray array = new JsonArray(values.length);
    Arrays.stream(values).forEach(array::add);
    return array;
  }
}
