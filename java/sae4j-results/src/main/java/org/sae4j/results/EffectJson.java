package org.sae4j.results;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.sae4j.PatchEffect;
import org.sae4j.ablation.AblationControl;
import org.sae4j.ablation.AblationEffect;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;

/** Writes and reads one effect of an ablation as JSON; scripts rely on its keys. */
public final class EffectJson {
  private static final double[] NO_ROWS = {};

  private final List<String> saes;
  private final AblationControl control;

  /**
   * Prepares to write and read.
   *
   * @param saes the SAEs; effects name theirs if there are several
   * @param control whose effects those of latents are
   */
  public EffectJson(List<Path> saes, AblationControl control) {
    this.saes = saes.stream().map(Path::toString).toList();
    this.control = control;
  }

  /** What one thing is called that a control ablates. */
  public static String thing(AblationControl control) {
    return control instanceof AblationControl.Channels ? "channel" : "latent";
  }

  /** The effect with the path of its SAE, if there are several. */
  public JsonObject named(AblationEffect effect) {
    JsonObject json = new JsonObject();
    if (saes.size() > 1) {
      json.addProperty("sae", saes.get(effect.sae()));
    }
    return addTo(json, effect);
  }

  /** The effect alone. */
  public static JsonObject of(AblationEffect effect) {
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

  /** Reads what {@link #named} made: the same effect, without its numbers by row. */
  public AblationEffect read(JsonFields json) throws FormatException {
    AblationControl own = json.has("channel") ? AblationControl.channels() : control;
    return new AblationEffect(
        saes.size() > 1 ? sae(json) : 0,
        own,
        json.requireInteger("sequence", 0),
        json.requireInteger("position", 0),
        json.requireInteger(thing(own), 0),
        required(json, "activation"),
        change(json));
  }

  private int sae(JsonFields json) throws FormatException {
    int index = saes.indexOf(json.string("sae").orElseThrow(() -> json.missing("sae")));
    if (index < 0) {
      throw json.mismatch("sae", "one of this run's SAEs");
    }
    return index;
  }

  private static PatchEffect change(JsonFields json) throws FormatException {
    return new PatchEffect(
        0,
        number(json, "sparsity"),
        number(json, "row_sparsity"),
        number(json, "effective_tokens"),
        required(json, "kl"),
        number(json, "delta_ce"),
        NO_ROWS,
        NO_ROWS,
        NO_ROWS,
        tokens(json, "top_up"),
        tokens(json, "top_down"),
        new float[0]);
  }

  private static int[] tokens(JsonFields json, String key) throws FormatException {
    if (!json.has(key)) {
      throw json.missing(key);
    }
    return json.integers(key, 0);
  }

  private static double required(JsonFields json, String key) throws FormatException {
    return json.number(key).orElseThrow(() -> json.missing(key));
  }

  /** A number, or none, which has to be said. */
  private static double number(JsonFields json, String key) throws FormatException {
    if (!json.keys().contains(key)) {
      throw json.missing(key);
    }
    return json.number(key).orElse(Double.NaN);
  }
}
