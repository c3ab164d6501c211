package org.sae4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import org.sae4j.AblationControl;
import org.sae4j.AblationEffect;
import org.sae4j.VariantEffect;

/** One effect of an ablation as JSON, and back; its keys are a promise to scripts. */
final class EffectJson {
  private static final double[] NO_ROWS = {};

  private final List<String> saes;
  private final AblationControl control;

  /**
   * Prepares to write and read.
   *
   * @param saes the SAEs; effects name theirs if there are several
   * @param control whose effects those of latents are
   */
  EffectJson(List<Path> saes, AblationControl control) {
    this.saes = saes.stream().map(Path::toString).toList();
    this.control = control;
  }

  /** What one thing is called that a control ablates. */
  static String thing(AblationControl control) {
    return control instanceof AblationControl.Channels ? "channel" : "latent";
  }

  /** The effect with the path of its SAE, if there are several. */
  JsonObject named(AblationEffect effect) {
    JsonObject json = new JsonObject();
    if (saes.size() > 1) {
      json.addProperty("sae", saes.get(effect.sae()));
    }
    return addTo(json, effect);
  }

  /** The effect alone. */
  static JsonObject of(AblationEffect effect) {
    return addTo(new JsonObject(), effect);
  }

  private static JsonObject addTo(JsonObject json, AblationEffect effect) {
    json.addProperty("sequence", effect.sequence());
    json.addProperty("position", effect.position());
    json.addProperty(thing(effect.control()), effect.ablated());
    json.addProperty("activation", effect.activation());
    json.add("sparsity", JsonDocument.number(effect.sparsity()));
    json.add("row_sparsity", JsonDocument.number(effect.rowSparsity()));
    json.add("effective_tokens", JsonDocument.number(effect.effectiveTokens()));
    json.addProperty("kl", effect.kl());
    json.add("delta_ce", JsonDocument.number(effect.deltaCe()));
    json.add("top_up", tokens(effect.change().topUp()));
    json.add("top_down", tokens(effect.change().topDown()));
    json.addProperty("below_noise", effect.isBelowNoise());
    return json;
  }

  private static JsonArray tokens(int[] ids) {
    JsonArray array = new JsonArray();
    Arrays.stream(ids).forEach(array::add);
    return array;
  }

  /**
   * Reads what {@link #named} made: the same effect, but for its numbers by row.
   *
   * @throws RuntimeException if it is anything else
   */
  AblationEffect read(JsonObject json) {
    boolean channel = json.has("channel");
    AblationControl own = channel ? AblationControl.channels() : control;
    return new AblationEffect(
        saes.size() > 1 ? saes.indexOf(json.get("sae").getAsString()) : 0,
        own,
        json.get("sequence").getAsInt(),
        json.get("position").getAsInt(),
        json.get(thing(own)).getAsInt(),
        json.get("activation").getAsDouble(),
        change(json));
  }

  private static VariantEffect change(JsonObject json) {
    return new VariantEffect(
        0,
        number(json, "sparsity"),
        number(json, "row_sparsity"),
        number(json, "effective_tokens"),
        number(json, "kl"),
        number(json, "delta_ce"),
        NO_ROWS,
        NO_ROWS,
        NO_ROWS,
        ids(json, "top_up"),
        ids(json, "top_down"),
        new float[0]);
  }

  private static double number(JsonObject json, String key) {
    return json.get(key).isJsonNull() ? Double.NaN : json.get(key).getAsDouble();
  }

  private static int[] ids(JsonObject json, String key) {
    return StreamSupport.stream(json.getAsJsonArray(key).spliterator(), false)
        .mapToInt(JsonElement::getAsInt)
        .toArray();
  }
}
