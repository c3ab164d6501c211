package org.sae4j.results.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Optional;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;
import org.sae4j.results.JsonDocument;

/** Writes what documents say of the latents of an SAE as JSON. */
final class ReportLatents {
  private ReportLatents() {}

  /** Tells whether there is anything to say. */
  static boolean isEmpty(JsonObject latents) {
    return !latents.has("fires")
        && latents.getAsJsonObject("ablated").isEmpty()
        && latents.getAsJsonObject("shown").isEmpty();
  }

  /** How often each fires, and by their numbers those that were ablated and those shown. */
  static JsonObject of(ReportSae sae) throws FormatException {
    JsonObject json = new JsonObject();
    if (sae.evaluation().isPresent()) {
      ReportSae.Part part = sae.evaluation().get();
      if (part.measured().fires.isPresent()) {
        JsonArray fires = new JsonArray();
        for (long count : part.measured().fires.get()) {
          fires.add(count);
        }
        json.add("fires", fires);
        part.json().number("tokens").ifPresent(tokens -> json.addProperty("tokens", tokens));
      }
    }
    json.add("ablated", ablated(sae.ablation()));
    json.add("shown", shown(sae.latents()));
    if (sae.latents().isPresent()) {
      ReportInput input = ReportInput.of(sae.latents().get().document());
      json.addProperty("shown_of", input.text());
    }
    return json;
  }

  /** What an ablation was of. */
  static String ablated(JsonFields options) throws FormatException {
    Optional<String> control = options.string("control");
    if (control.isEmpty()) {
      return "latents";
    }
    return control.get().equals("channels") ? "channels" : "random directions";
  }

  /** By latent: pairs, sparsity, row_sparsity, KL. */
  private static JsonObject ablated(Optional<ReportSae.Part> part) throws FormatException {
    JsonObject ablated = new JsonObject();
    if (part.isEmpty() || !ablated(part.get().document().options()).equals("latents")) {
      return ablated;
    }
    for (JsonFields own : part.get().json().objects("by_latent")) {
      int latent = own.requireInteger("latent", 0);
      JsonArray numbers = new JsonArray();
      JsonObject known = own.allNumbers();
      List.of("pairs", "sparsity", "row_sparsity").forEach(key -> numbers.add(known.get(key)));
      numbers.add(JsonDocument.number(part.get().measured().effects.kl(latent).orElse(Double.NaN)));
      ablated.add(String.valueOf(latent), numbers);
    }
    return ablated;
  }

  private static JsonObject shown(Optional<ReportSae.Part> part) throws FormatException {
    JsonObject shown = new JsonObject();
    if (part.isEmpty()) {
      return shown;
    }
    for (JsonFields own : part.get().json().objects("latents")) {
      JsonObject json = own.allNumbers();
      json.add("contexts", contexts(own));
      json.add("promoted", tokens(own, "promoted"));
      json.add("suppressed", tokens(own, "suppressed"));
      shown.add(String.valueOf(own.requireInteger("latent", 0)), json);
    }
    return shown;
  }

  /** Of each: sequence, position, activation, text before, the token, text after. */
  private static JsonArray contexts(JsonFields latent) throws FormatException {
    JsonArray contexts = new JsonArray();
    for (JsonFields own : latent.objects("contexts")) {
      JsonArray context = new JsonArray();
      context.add(own.requireInteger("sequence", 0));
      context.add(own.requireInteger("position", 0));
      context.add(own.number("activation").orElseThrow(() -> own.missing("activation")));
      for (String key : List.of("before", "token", "after")) {
        context.add(own.string(key).orElse(""));
      }
      contexts.add(context);
    }
    return contexts;
  }

  /** Of each: the token, its logit. */
  private static JsonArray tokens(JsonFields latent, String key) throws FormatException {
    JsonArray tokens = new JsonArray();
    for (JsonFields own : latent.objects(key)) {
      JsonArray token = new JsonArray();
      token.add(
          own.has("token") ? own.string("token").orElse("") : "#" + own.requireInteger("id", 0));
      token.add(own.number("logit").orElseThrow(() -> own.missing("logit")));
      tokens.add(token);
    }
    return tokens;
  }
}
