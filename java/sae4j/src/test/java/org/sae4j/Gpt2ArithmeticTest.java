package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.format.FormatException;
import org.sae4j.format.model.GgufConversion;
import org.sae4j.format.model.HuggingFaceModel;
import org.sae4j.format.model.HuggingFaceTokenizer;
import org.sae4j.format.model.WeightPrecision;
import org.sae4j.tokens.Sequences;

/** What a config says about arithmetic, against a float64 implementation: arithmetic.py. */
class Gpt2ArithmeticTest {
  @TempDir Path folder;

  private Path modelWith(JsonObject settings) throws IOException {
    Path model = Files.createTempDirectory(folder, "model");
    for (String name : List.of("model.safetensors", "tokenizer.json")) {
      Files.copy(Fixtures.path("model/" + name), model.resolve(name));
    }
    JsonObject config = Fixtures.json("model/config.json");
    settings.entrySet().forEach(each -> config.add(each.getKey(), each.getValue()));
    Files.writeString(model.resolve("config.json"), config.toString());
    return model;
  }

  private static double crossEntropy(Model model) throws IOException {
    Sequences tokens = Fixtures.firstTwo();
    try (Session session = model.newSession()) {
      Logits logits = session.run(tokens).logits();
      double sum = 0;
      int targets = 0;
      for (int sequence = 0; sequence < tokens.count(); sequence++) {
        for (int position = 0; position + 1 < 64; position++) {
          double total = 0;
          for (int token = 0; token < model.shape().vocabulary(); token++) {
            total += Math.exp(logits.get(sequence, position, token));
          }
          int next = tokens.ids()[64 * sequence + position + 1];
          sum += Math.log(total) - logits.get(sequence, position, next);
          targets++;
        }
      }
      return sum / targets;
    }
  }

  @Test
  void everySettingIsComputed() throws IOException {
    String expected = Files.readString(Fixtures.path("expected/arithmetic.json"));
    for (JsonElement each : JsonParser.parseString(expected).getAsJsonArray()) {
      JsonObject settings = each.getAsJsonObject().getAsJsonObject("config");
      double ce = each.getAsJsonObject().get("ce_clean").getAsDouble();
      try (Model model = Model.open(modelWith(settings))) {
        assertThat(crossEntropy(model))
            .as(settings.toString())
            .isCloseTo(ce, within(2e-6 * Math.abs(ce)));
      }
    }
  }

  @Test
  void whatGgufCannotSayIsNotConverted() throws IOException {
    for (String settings :
        List.of(
            "{\"activation_function\": \"gelu\"}",
            "{\"scale_attn_weights\": false}",
            "{\"scale_attn_by_inverse_layer_idx\": true}")) {
      JsonObject config = JsonParser.parseString(settings).getAsJsonObject();
      HuggingFaceModel model = HuggingFaceModel.read(modelWith(config));
      Path target = folder.resolve("out.gguf");
      assertThatThrownBy(
              () ->
                  GgufConversion.write(
                      model,
                      HuggingFaceTokenizer.read(model),
                      target,
                      WeightPrecision.F32,
                      done -> {}))
          .isInstanceOf(FormatException.class)
          .hasMessageStartingWith(model.config().file().toString())
          .hasMessageContaining(config.keySet().iterator().next())
          .hasMessageContaining("GGUF can express only");
      assertThat(target).doesNotExist();
    }
  }
}
