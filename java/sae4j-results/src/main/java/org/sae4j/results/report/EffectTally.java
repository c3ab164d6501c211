package org.sae4j.results.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;
import org.sae4j.results.UnitHistogram;

/** Summarises the effects of an ablation; its size does not depend on their number. */
final class EffectTally {
  private final UnitHistogram whole = new UnitHistogram();
  private final UnitHistogram byRow = new UnitHistogram();
  private final Map<Integer, MeanKl> kl = new TreeMap<>();

  private static final class MeanKl {
    private double sum;
    private long count;
  }

  /**
   * Adds an effect.
   *
   * @param thing the key of what was ablated
   */
  void add(JsonFields effect, String thing) throws FormatException {
    MeanKl own = kl.computeIfAbsent(effect.requireInteger(thing, 0), latent -> new MeanKl());
    own.sum += effect.number("kl").orElse(0);
    own.count++;
    if (!effect.bool("below_noise").orElse(false)) {
      add(effect, "sparsity", whole);
      add(effect, "row_sparsity", byRow);
    }
  }

  private static void add(JsonFields effect, String key, UnitHistogram histogram)
      throws FormatException {
    OptionalDouble value = effect.number(key);
    if (value.isPresent()) {
      histogram.add(value.getAsDouble());
    }
  }

  boolean isEmpty() {
    return whole.count() == 0;
  }

  /** The mean KL of the effects of a latent. */
  OptionalDouble kl(int latent) {
    MeanKl own = kl.get(latent);
    return own == null ? OptionalDouble.empty() : OptionalDouble.of(own.sum / own.count);
  }

  /** How many effects are in each bin, by either measure. */
  JsonObject histograms() {
    JsonObject json = new JsonObject();
    json.add("sparsity", counts(whole));
    json.add("row_sparsity", counts(byRow));
    return json;
  }

  private static JsonArray counts(UnitHistogram histogram) {
    JsonArray counts = new JsonArray();
    for (int bin = 0; bin < UnitHistogram.BINS; bin++) {
      counts.add(histogram.count(bin));
    }
    return counts;
  }
}
