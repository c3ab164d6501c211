package org.sae4j.results;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import org.sae4j.eval.SequenceResult;

/** Writes the results of an SAE for one sequence as JSON; scripts rely on its keys. */
public final class SequenceJson {
  private SequenceJson() {}

  public static JsonObject of(List<Path> saes, SequenceResult result) {
    JsonObject json = new JsonObject();
    json.addProperty("sae", saes.get(result.sae()).toString());
    json.addProperty("sequence", result.sequence());
    json.addProperty("tokens", result.tokens());
    json.addProperty("compared", result.compared());
    json.addProperty("targeted", result.targeted());
    result.values().forEach((metric, value) -> json.add(metric.key(), JsonDocument.number(value)));
    return json;
  }
}
