package org.sae4j.results;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import org.sae4j.format.Activation;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.sae.SaeFile;

/** Describes an SAE for people and for JSON documents. */
public final class SaeDescription {
  private SaeDescription() {}

  /** The SAE in one line. */
  public static String text(SaeConfig sae) {
    return "%s, %d to %d latents, %s, normalisation %s"
        .formatted(
            sae.format(),
            sae.dIn(),
            sae.dSae(),
            activationText(sae.activation()),
            normalization(sae));
  }

  public static String activationText(Activation activation) {
    OptionalInt k = k(activation);
    String name = activationName(activation);
    return k.isPresent() ? name + " with k = " + k.getAsInt() : name;
  }

  public static String normalization(SaeConfig sae) {
    String scale = sae.scale().isPresent() ? " by " + sae.scale().getAsDouble() : "";
    return sae.normalization().key() + scale;
  }

  /** Writes down which SAE it is. */
  public static JsonObject input(SaeFile file, ByteProgress progress) throws IOException {
    JsonObject shape = new JsonObject();
    shape.addProperty("d_in", file.config().dIn());
    shape.addProperty("d_sae", file.config().dSae());
    JsonObject input = InputFile.of("sae", file.path(), file.files(), shape, progress);
    describe(file.config(), input);
    return input;
  }

  /** Adds all that is known but the shape. */
  public static void describe(SaeConfig sae, JsonObject json) {
    json.addProperty("format", sae.format());
    json.addProperty("activation", activationName(sae.activation()));
    k(sae.activation()).ifPresent(k -> json.addProperty("k", k));
    json.addProperty("normalization", sae.normalization().key());
    sae.scale().ifPresent(scale -> json.addProperty("scale", scale));
    json.addProperty("apply_b_dec_to_input", sae.applyBDecToInput());
    json.addProperty("rescale_acts_by_decoder_norm", sae.rescaleActsByDecoderNorm());
    json.addProperty("centre_input", sae.centreInput());
    json.addProperty("fold_value_biases", sae.valueBiases().areFolded());
    json.add("hook", text(sae.hookName()));
    json.add("hook_out", text(sae.hookNameOut()));
    json.add(
        "context_size",
        sae.contextSize().isPresent()
            ? new JsonPrimitive(sae.contextSize().getAsInt())
            : JsonNull.INSTANCE);
    json.add(
        "prepend_bos",
        sae.prependBos().<JsonElement>map(JsonPrimitive::new).orElse(JsonNull.INSTANCE));
    json.add("model_name", text(sae.modelName()));
    JsonArray assumptions = new JsonArray();
    sae.assumptions().forEach(assumptions::add);
    json.add("assumptions", assumptions);
  }

  private static JsonElement text(Optional<String> value) {
    return value.<JsonElement>map(JsonPrimitive::new).orElse(JsonNull.INSTANCE);
  }

  private static OptionalInt k(Activation activation) {
    if (activation instanceof Activation.TopK topK) {
      return OptionalInt.of(topK.k());
    }
    return activation instanceof Activation.GroupMax groups
        ? OptionalInt.of(groups.k())
        : OptionalInt.empty();
  }

  private static String activationName(Activation activation) {
    if (activation instanceof Activation.TopK) {
      return "topk";
    }
    if (activation instanceof Activation.GroupMax) {
      return "groupmax";
    }
    if (activation instanceof Activation.JumpRelu) {
      return "jumprelu";
    }
    return activation instanceof Activation.Gated ? "gated" : "relu";
  }
}
