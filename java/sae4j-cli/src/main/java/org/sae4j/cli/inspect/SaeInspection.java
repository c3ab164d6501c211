package org.sae4j.cli.inspect;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.sae.SaeFile;
import org.sae4j.results.SaeDescription;

/** Reads what an SAE's file says, apart from its weights. */
final class SaeInspection {
  private SaeInspection() {}

  static Inspection of(SaeFile file) {
    SaeConfig sae = file.config();
    TensorSummary tensors = new TensorSummary();
    file.tensors()
        .forEach(
            (name, tensor) ->
                tensors.add(
                    name.name().toLowerCase(Locale.ROOT),
                    tensor.dtype().name(),
                    tensor.shape(),
                    tensor.elementCount()));
    JsonObject shape = new JsonObject();
    shape.addProperty("d_in", sae.dIn());
    shape.addProperty("d_out", sae.dOut());
    shape.addProperty("d_sae", sae.dSae());
    JsonObject json = new JsonObject();
    json.add("shape", shape);
    SaeDescription.describe(sae, json);
    json.add("tensors", tensors.json());
    JsonArray ignored = new JsonArray();
    file.ignored().forEach(ignored::add);
    json.add("ignored", ignored);
    List<Inspection.Fact> facts = facts(file, tensors);
    return new Inspection(file.path(), "sae", sae.format(), facts, json, file.files());
  }

  private static List<Inspection.Fact> facts(SaeFile file, TensorSummary tensors) {
    SaeConfig sae = file.config();
    List<Inspection.Fact> facts = new ArrayList<>();
    facts.add(new Inspection.Fact("shape", shape(sae)));
    facts.add(new Inspection.Fact("activation", SaeDescription.activationText(sae.activation())));
    facts.add(new Inspection.Fact("normalisation", SaeDescription.normalization(sae)));
    facts.add(new Inspection.Fact("hook", hook(sae)));
    facts.add(new Inspection.Fact("encoder", encoder(sae)));
    facts.add(new Inspection.Fact("decoder", decoder(file)));
    facts.add(new Inspection.Fact("trained", training(sae)));
    facts.add(new Inspection.Fact("weights", tensors.text()));
    sae.assumptions().forEach(each -> facts.add(new Inspection.Fact("assumed", each)));
    if (!file.ignored().isEmpty()) {
      facts.add(new Inspection.Fact("ignored", String.join(", ", file.ignored())));
    }
    return facts;
  }

  private static String shape(SaeConfig sae) {
    String out = sae.dOut() == sae.dIn() ? "" : " to " + sae.dOut();
    return "width %d%s, %d latents".formatted(sae.dIn(), out, sae.dSae());
  }

  private static String hook(SaeConfig sae) {
    String out = sae.hookNameOut().map(name -> " to " + name).orElse("");
    return sae.hookName().orElse("not said: give --hook") + out;
  }

  private static String decoder(SaeFile file) {
    return "adds b_dec"
        + (file.tensors().containsKey(SaeTensor.W_SKIP) ? " and W_skip times x" : "");
  }

  private static String encoder(SaeConfig sae) {
    List<String> parts = new ArrayList<>();
    parts.add(sae.applyBDecToInput() ? "sees x minus b_dec" : "sees x itself");
    if (sae.rescaleActsByDecoderNorm()) {
      parts.add("pre-activations scaled by the decoder's norms");
    }
    if (sae.centreInput()) {
      parts.add("input centred over its width");
    }
    if (sae.valueBiases().areFolded()) {
      parts.add("input without the model's value biases");
    }
    return String.join(", ", parts);
  }

  private static String training(SaeConfig sae) {
    List<String> parts = new ArrayList<>();
    sae.modelName().ifPresent(name -> parts.add("on " + name));
    sae.contextSize().ifPresent(size -> parts.add("context " + size));
    sae.prependBos().ifPresent(bos -> parts.add(bos ? "with BOS" : "without BOS"));
    return parts.isEmpty() ? "not said" : String.join(", ", parts);
  }
}
