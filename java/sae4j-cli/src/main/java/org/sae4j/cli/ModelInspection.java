package org.sae4j.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.sae4j.ModelShape;
import org.sae4j.format.GgufHeader;
import org.sae4j.format.HuggingFaceModel;
import org.sae4j.format.ModelTensor;

/** What the header of a model says. */
final class ModelInspection {
  private static final String KIND = "model";
  private static final String GPT2 = "gpt2";

  private ModelInspection() {}

  static Inspection of(HuggingFaceModel model) {
    ModelShape shape = ModelFile.shape(model.config());
    TensorSummary tensors = new TensorSummary();
    for (ModelTensor weight : model.tensors()) {
      tensors.add(weight.tensor().name(), weight.tensor().dtype().name(), weight.tensor().shape());
    }
    JsonObject json = new JsonObject();
    json.addProperty("architecture", GPT2);
    json.addProperty("name", model.name());
    json.add("shape", ModelFile.json(shape));
    json.add("tensors", tensors.json());
    List<Inspection.Fact> facts =
        List.of(
            new Inspection.Fact("architecture", GPT2),
            new Inspection.Fact("shape", ModelFile.text(shape)),
            new Inspection.Fact("head", shape.tied() ? "tied to the embedding" : "of its own"),
            new Inspection.Fact("weights", tensors.text()));
    return new Inspection(
        model.folder(), KIND, "Hugging Face folder", facts, json, ModelFile.files(model));
  }

  static Inspection of(GgufHeader header) {
    TensorSummary tensors = new TensorSummary();
    long parameters = 0;
    for (GgufHeader.Tensor tensor : header.tensors()) {
      tensors.add(tensor.name(), tensor.type(), tensor.shape());
      parameters += tensor.elementCount();
    }
    String architecture = header.text("general.architecture").orElse("unknown");
    JsonObject shape = shape(header, architecture);
    JsonObject json = new JsonObject();
    json.addProperty("architecture", architecture);
    json.add("name", text(header.text("general.name")));
    json.add("shape", shape);
    json.add("tensors", tensors.json());
    List<Inspection.Fact> facts = new ArrayList<>();
    facts.add(new Inspection.Fact("architecture", architecture));
    header.text("general.name").ifPresent(name -> facts.add(new Inspection.Fact("name", name)));
    shape
        .entrySet()
        .forEach(size -> facts.add(new Inspection.Fact(size.getKey(), size.getValue().toString())));
    facts.add(new Inspection.Fact("parameters", String.format(Locale.ROOT, "%,d", parameters)));
    facts.add(new Inspection.Fact("weights", tensors.text()));
    return new Inspection(
        header.file(), KIND, "GGUF " + header.version(), facts, json, List.of(header.file()));
  }

  private static JsonObject shape(GgufHeader header, String architecture) {
    JsonObject shape = new JsonObject();
    shape.add("layers", number(header.integer(architecture + ".block_count")));
    shape.add("heads", number(header.integer(architecture + ".attention.head_count")));
    shape.add("embedding", number(header.integer(architecture + ".embedding_length")));
    shape.add("feed_forward", number(header.integer(architecture + ".feed_forward_length")));
    shape.add("context", number(header.integer(architecture + ".context_length")));
    shape.add("vocabulary", number(vocabulary(header)));
    shape.addProperty("tied", header.tensor("output.weight").isEmpty());
    return shape;
  }

  /** The rows of the embedding, which may be more than there are tokens. */
  private static OptionalLong vocabulary(GgufHeader header) {
    Optional<GgufHeader.Tensor> embedding = header.tensor("token_embd.weight");
    if (embedding.isPresent()) {
      return OptionalLong.of(embedding.get().shape().get(0));
    }
    Long tokens = header.arrayLengths().get("tokenizer.ggml.tokens");
    return tokens == null ? OptionalLong.empty() : OptionalLong.of(tokens);
  }

  private static JsonElement number(OptionalLong value) {
    return value.isPresent() ? new JsonPrimitive(value.getAsLong()) : JsonNull.INSTANCE;
  }

  private static JsonElement text(Optional<String> value) {
    return value.<JsonElement>map(JsonPrimitive::new).orElse(JsonNull.INSTANCE);
  }
}
