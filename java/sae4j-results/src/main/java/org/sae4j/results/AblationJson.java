package org.sae4j.results;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.sae4j.ablation.AblationEffect;
import org.sae4j.ablation.AblationSummary;
import org.sae4j.stats.Interval;

/** Writes the results of {@code ablate} as JSON; scripts rely on its keys. */
public final class AblationJson {
  private AblationJson() {}

  /**
   * The summaries: one object for one SAE; for several, an array under {@code saes}.
   *
   * @param interruption when the run was interrupted, if it was
   */
  public static JsonObject of(
      List<Path> saes, List<AblationSummary> summaries, Optional<String> interruption) {
    JsonObject json = new JsonObject();
    if (summaries.size() == 1) {
      addTo(json, summaries.get(0));
    } else {
      JsonArray array = new JsonArray();
      for (int i = 0; i < summaries.size(); i++) {
        JsonObject one = new JsonObject();
        one.addProperty("sae", saes.get(i).toString());
        array.add(addTo(one, summaries.get(i)));
      }
      json.add("saes", array);
    }
    interruption.ifPresent(when -> json.addProperty("interrupted", when));
    return json;
  }

  /** The same, and every effect. */
  public static JsonObject withEffects(
      List<Path> saes,
      List<AblationSummary> summaries,
      Optional<String> interruption,
      List<AblationEffect> effects) {
    JsonObject json = of(saes, summaries, interruption);
    for (int i = 0; i < saes.size(); i++) {
      int sae = i;
      JsonObject own =
          saes.size() == 1 ? json : json.getAsJsonArray("saes").get(i).getAsJsonObject();
      addEffects(
          own, summaries.get(i), effects.stream().filter(effect -> effect.sae() == sae).toList());
    }
    return json;
  }

  private static void addEffects(
      JsonObject json, AblationSummary summary, List<AblationEffect> effects) {
    JsonArray array = new JsonArray();
    effects.stream()
        .filter(effect -> effect.control().equals(summary.options().control()))
        .map(EffectJson::of)
        .forEach(array::add);
    json.add("effects", array);
    summary
        .compared()
        .ifPresent(other -> addEffects(json.getAsJsonObject(things(other)), other, effects));
  }

  /** The summary alone. */
  public static JsonObject of(AblationSummary summary) {
    return addTo(new JsonObject(), summary);
  }

  private static JsonObject addTo(JsonObject json, AblationSummary summary) {
    json.add("mean", JsonDocument.number(summary.mean()));
    json.add("median", JsonDocument.number(summary.median()));
    JsonArray interval = new JsonArray();
    interval.add(JsonDocument.number(summary.ci95().map(Interval::low).orElse(Double.NaN)));
    interval.add(JsonDocument.number(summary.ci95().map(Interval::high).orElse(Double.NaN)));
    json.add("ci95", interval);
    json.addProperty("ci95_drawn", summary.drawn().name().toLowerCase(Locale.ROOT));
    json.add("row_mean", JsonDocument.number(summary.rowMean()));
    json.addProperty("pairs", summary.pairs());
    json.addProperty("skipped", summary.skippedPairs());
    JsonObject skipped = new JsonObject();
    summary.skipped().forEach(skipped::addProperty);
    json.add("skipped_by_reason", skipped);
    json.addProperty("below_noise", summary.belowNoise());
    String thing = EffectJson.thing(summary.options().control());
    json.add("by_" + thing, means(thing, summary.byAblated()));
    json.addProperty("seconds", summary.seconds());
    summary.compared().ifPresent(other -> json.add(things(other), of(other)));
    addUndefined(json, summary.undefined());
    return json;
  }

  /** What the summary is of, in the plural. */
  private static String things(AblationSummary summary) {
    return EffectJson.thing(summary.options().control()) + "s";
  }

  private static JsonArray means(String thing, SortedMap<Integer, AblationSummary.Means> means) {
    JsonArray array = new JsonArray();
    means.forEach(
        (ablated, own) -> {
          JsonObject json = new JsonObject();
          json.addProperty(thing, ablated);
          json.addProperty("pairs", own.pairs());
          json.addProperty("sparsity", own.sparsity());
          json.addProperty("row_sparsity", own.rowSparsity());
          array.add(json);
        });
    return array;
  }

  private static void addUndefined(JsonObject json, Map<String, String> undefined) {
    if (!undefined.isEmpty()) {
      JsonObject reasons = new JsonObject();
      undefined.forEach(reasons::addProperty);
      json.add("undefined", reasons);
    }
  }
}
