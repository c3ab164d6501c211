package org.sae4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.List;
import org.sae4j.AblationControl;
import org.sae4j.AblationEffect;
import org.sae4j.AblationSummary;

/** The results of {@code ablate} as JSON; its keys are a promise to scripts. */
final class AblationJson {
  private AblationJson() {}

  /** The summary alone. */
  static JsonObject of(AblationSummary summary) {
    JsonObject json = new JsonObject();
    json.add("mean", JsonDocument.number(summary.mean()));
    json.add("median", JsonDocument.number(summary.median()));
    JsonArray interval = new JsonArray();
    interval.add(JsonDocument.number(summary.ci95().low()));
    interval.add(JsonDocument.number(summary.ci95().high()));
    json.add("ci95", interval);
    json.add("row_mean", JsonDocument.number(summary.rowMean()));
    json.addProperty("pairs", summary.pairs());
    json.addProperty("skipped", summary.skippedPairs());
    json.addProperty("below_noise", summary.belowNoise());
    json.addProperty("seconds", summary.seconds());
    return json;
  }

  /** The summary, and every effect. */
  static JsonObject of(AblationFindings findings) {
    AblationSummary summary = findings.summary();
    JsonObject json = of(summary);
    boolean channels = summary.options().control() instanceof AblationControl.Channels;
    json.add("effects", effects(findings.effects(), channels ? "channel" : "latent"));
    if (!summary.undefined().isEmpty()) {
      JsonObject reasons = new JsonObject();
      summary.undefined().forEach(reasons::addProperty);
      json.add("undefined", reasons);
    }
    findings.interruption().ifPresent(when -> json.addProperty("interrupted", when));
    return json;
  }

  private static JsonArray effects(List<AblationEffect> effects, String what) {
    JsonArray array = new JsonArray();
    for (AblationEffect effect : effects) {
      JsonObject json = new JsonObject();
      json.addProperty("sequence", effect.sequence());
      json.addProperty("position", effect.position());
      json.addProperty(what, effect.ablated());
      json.addProperty("activation", effect.activation());
      json.add("sparsity", JsonDocument.number(effect.sparsity()));
      json.add("row_sparsity", JsonDocument.number(effect.rowSparsity()));
      json.add("effective_tokens", JsonDocument.number(effect.effectiveTokens()));
      json.addProperty("kl", effect.kl());
      json.add("delta_ce", JsonDocument.number(effect.deltaCe()));
      json.add("top_up", tokens(effect.change().topUp()));
      json.add("top_down", tokens(effect.change().topDown()));
      json.addProperty("below_noise", effect.isBelowNoise());
      array.add(json);
    }
    return array;
  }

  private static JsonArray tokens(int[] ids) {
    JsonArray array = new JsonArray();
    Arrays.stream(ids).forEach(array::add);
    return array;
  }
}
