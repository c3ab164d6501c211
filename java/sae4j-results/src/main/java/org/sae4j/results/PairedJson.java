package org.sae4j.results;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.eval.Metric;
import org.sae4j.eval.PairedDifference;

/** Writes how SAEs differ on the same tokens as JSON. */
public final class PairedJson {
  /** The numbers that are compared. */
  public static final List<String> KEYS = List.of("kl", "delta_ce", "explained_variance");

  /** Of more SAEs there are too many pairs: each is compared with the best only. */
  private static final int EACH_WITH_EACH = 10;

  private PairedJson() {}

  /** The indices of SAEs, the smallest KL first; equal ones stay in their order. */
  public static List<Integer> byKl(List<EvaluationResult> results) {
    Comparator<Integer> kl = Comparator.comparingDouble(i -> results.get(i).get(Metric.KL));
    return IntStream.range(0, results.size()).boxed().sorted(kl).toList();
  }

  public static JsonArray of(List<Path> saes, List<EvaluationResult> results) {
    JsonArray pairs = new JsonArray();
    int n = results.size();
    int best = byKl(results).get(0);
    for (int a = 0; a < n; a++) {
      for (int b = a + 1; n <= EACH_WITH_EACH && b < n; b++) {
        pairs.add(pair(saes, results, a, b));
      }
      if (n > EACH_WITH_EACH && a != best) {
        pairs.add(pair(saes, results, a, best));
      }
    }
    return pairs;
  }

  private static JsonObject pair(List<Path> saes, List<EvaluationResult> results, int a, int b) {
    JsonObject pair = new JsonObject();
    pair.addProperty("a", saes.get(a).toString());
    pair.addProperty("b", saes.get(b).toString());
    for (String key : KEYS) {
      PairedDifference found = results.get(a).minus(results.get(b), key);
      JsonObject json = new JsonObject();
      json.add("difference", JsonDocument.number(found.difference()));
      json.add("ci95", JsonNull.INSTANCE);
      found.ci95().ifPresent(interval -> json.add("ci95", EvaluationJson.interval(interval)));
      pair.add(key, json);
    }
    return pair;
  }
}
