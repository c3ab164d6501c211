package org.sae4j.results;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import org.sae4j.SequenceResult;

/** What an SAE does on one sequence, as JSON; its keys are a promise to scripts. */
public final class SequenceJson {
  private SequenceJson() {}

  public static JsonObject of(List<Path> saes, SequenceResult result) {
    JsonObject json = new JsonObject();
    json.addProperty("sae", saes.get(result.sae()).toString());
    json.addProperty("sequence", result.sequence());
    json.addProperty("tokens", result.tokens());
    json.addProperty("compared", result.compared());
    json.addProperty("targeted", result.targeted());
    json.add("kl", JsonDocument.number(result.kl()));
    json.add("delta_ce", JsonDocument.number(result.deltaCe()));
    json.add("ce_clean", JsonDocument.number(result.ceClean()));
    json.add("ce_sae", JsonDocument.number(result.ceSae()));
    json.add("top1_agreement", JsonDocument.number(result.top1Agreement()));
    json.add("mse", JsonDocument.number(result.mse()));
    json.add("cosine_similarity", JsonDocument.number(result.cosineSimilarity()));
    json.add("l2_ratio", JsonDocument.number(result.l2Ratio()));
    json.add("l0", JsonDocument.number(result.l0()));
    json.add("l1", JsonDocument.number(result.l1()));
    return json;
  }
}
