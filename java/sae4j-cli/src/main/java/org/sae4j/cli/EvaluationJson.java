package org.sae4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import org.sae4j.EvaluationResult;

/** The results of {@code eval} as JSON; its keys are a promise to scripts. */
final class EvaluationJson {
  private static final String TOKENS = "tokens";

  private EvaluationJson() {}

  /** One object for one SAE; for several, an array of such objects under {@code saes}. */
  static JsonObject of(List<Path> saes, List<EvaluationResult> results) {
    if (results.size() == 1) {
      return addTo(new JsonObject(), results.get(0));
    }
    JsonArray array = new JsonArray();
    for (int i = 0; i < results.size(); i++) {
      JsonObject object = new JsonObject();
      object.addProperty("sae", saes.get(i).toString());
      array.add(addTo(object, results.get(i)));
    }
    JsonObject json = new JsonObject();
    json.add("saes", array);
    return json;
  }

  private static JsonObject addTo(JsonObject json, EvaluationResult result) {
    result.values().forEach((key, value) -> json.add(key, JsonDocument.number(value)));
    json.addProperty(TOKENS, result.tokens());
    if (!result.undefined().isEmpty()) {
      JsonObject reasons = new JsonObject();
      result.undefined().forEach(reasons::addProperty);
      json.add("undefined", reasons);
    }
    return json;
  }
}
