package org.sae4j.cli.inspect;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.sae4j.format.container.GgufHeader;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.format.model.GgufWeight;
import org.sae4j.format.model.HuggingFaceModel;
import org.sae4j.results.ModelDescription;

/** Reads what the header of a model says. */
final class ModelInspection {
  private static final String KIND = "model";
  private static final String GPT2 = "gpt2";

  private ModelInspection() {}

  static Inspection of(HuggingFaceModel model) {
    TensorSummary tensors = new TensorSummary();
    for (GgufWeight weight : model.tensors()) {
      StoredTensor tensor = weight.tensor();
      tensors.add(tensor.name(), tensor.dtype().name(), tensor.shape(), tensor.elementCount());
    }
    JsonObject json = new JsonObject();
    json.addProperty("architecture", GPT2);
    json.addProperty("name", model.name());
    json.add("shape", ModelDescription.json(model.shape()));
    return of(
        model.folder(),
        "Hugging Face folder",
        json,
        tensors,
        model.assumptions(),
        ModelDescription.files(model));
  }

  static Inspection of(GgufHeader header) {
    TensorSummary tensors = new TensorSummary();
    for (GgufHeader.Tensor tensor : header.tensors()) {
      tensors.add(tensor.name(), tensor.type(), tensor.shape(), tensor.elementCount());
    }
    String architecture = header.text("general.architecture").orElse("unknown");
    JsonObject json = new JsonObject();
    json.addProperty("architecture", architecture);
    json.add("name", text(header.text("general.name")));
    json.add("shape", shape(header, architecture));
    return of(
        header.file(),
        "GGUF " + header.version(),
        json,
        tensors,
        header.assumptions(),
        List.of(header.file()));
  }

  /** Whatever the format, people read the same of a model, and what scripts do. */
  private static Inspection of(
      Path path,
      String format,
      JsonObject json,
      TensorSummary tensors,
      List<String> assumptions,
      List<Path> files) {
    List<Inspection.Fact> facts = new ArrayList<>();
    facts.add(fact("architecture", json.get("architecture")));
    if (json.get("name").isJsonPrimitive()) {
      facts.add(fact("name", json.get("name")));
    }
    json.getAsJsonObject("shape").entrySet().stream()
        .filter(size -> size.getValue().isJsonPrimitive())
        .forEach(size -> facts.add(fact(size.getKey(), size.getValue())));
    String parameters = String.format(Locale.ROOT, "%,d", tensors.elements());
    facts.add(new Inspection.Fact("parameters", parameters));
    facts.add(new Inspection.Fact("weights", tensors.text()));
    assumptions.forEach(each -> facts.add(new Inspection.Fact("assumed", each)));
    JsonArray assumed = new JsonArray();
    assumptions.forEach(assumed::add);
    json.add("assumptions", assumed);
    json.add("tensors", tensors.json());
    return new Inspection(path, KIND, format, facts, json, files);
  }

  private static Inspection.Fact fact(String name, JsonElement value) {
    return new Inspection.Fact(name, value.getAsString());
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
