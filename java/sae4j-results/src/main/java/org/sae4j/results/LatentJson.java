package org.sae4j.results;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import org.sae4j.Model;
import org.sae4j.latents.ContextText;
import org.sae4j.latents.LatentContext;
import org.sae4j.latents.LatentProfile;
import org.sae4j.latents.LatentStudyResult;
import org.sae4j.latents.TokenLogit;

/** Writes the results of {@code latent} as JSON; scripts rely on its keys. */
public final class LatentJson {
  private final Model model;

  private LatentJson(Model model) {
    this.model = model;
  }

  public static JsonObject of(Path sae, Model model, LatentStudyResult result) {
    LatentJson writer = new LatentJson(model);
    JsonObject json = new JsonObject();
    json.addProperty("sae", sae.toString());
    json.addProperty("tokens", result.tokens());
    json.addProperty("seconds", result.seconds());
    result.withoutLogits().ifPresent(reason -> json.addProperty("without_logits", reason));
    JsonArray latents = new JsonArray();
    result.latents().forEach(profile -> latents.add(writer.profile(profile)));
    json.add("latents", latents);
    return json;
  }

  private JsonObject profile(LatentProfile profile) {
    JsonObject json = new JsonObject();
    json.addProperty("latent", profile.latent());
    json.addProperty("fires", profile.fires());
    json.addProperty("density", profile.density());
    json.addProperty("max_activation", profile.maxActivation());
    JsonArray contexts = new JsonArray();
    profile.contexts().forEach(context -> contexts.add(context(context)));
    json.add("contexts", contexts);
    json.add("promoted", tokens(profile.promoted()));
    json.add("suppressed", tokens(profile.suppressed()));
    return json;
  }

  private JsonObject context(LatentContext context) {
    ContextText text = TokenText.of(model, context);
    JsonObject json = new JsonObject();
    json.addProperty("sequence", context.sequence());
    json.addProperty("position", context.position());
    json.addProperty("activation", context.activation());
    json.addProperty("before", text.before());
    json.addProperty("token", text.token());
    json.addProperty("after", text.after());
    return json;
  }

  private JsonArray tokens(List<TokenLogit> tokens) {
    JsonArray array = new JsonArray();
    for (TokenLogit token : tokens) {
      JsonObject json = new JsonObject();
      json.addProperty("id", token.token());
      json.addProperty("token", TokenText.of(model, token.token()));
      json.addProperty("logit", token.logit());
      array.add(json);
    }
    return array;
  }
}
