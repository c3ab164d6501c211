package org.sae4j;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.sae4j.arch.HookPoint;
import org.sae4j.format.container.Safetensors;
import org.sae4j.format.container.SafetensorsWriter;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.testing.TestData;
import org.sae4j.tokens.Sequences;

/** The demo model, SAEs, tokens and expected values in the folder {@code test-data}. */
public final class Fixtures {
  public static final HookPoint HOOK = HookPoint.residPost(3);
  public static final String SAE_K16 = "saes/openai/resid_post_mlp_layer3_k16.pt";

  private Fixtures() {}

  public static Path path(String relative) {
    return TestData.path(relative);
  }

  public static Model model() throws IOException {
    return Model.open(path("model"));
  }

  /**
   * The model with other weights.
   *
   * @param change changes the values of a tensor, by its name
   */
  public static Model changedModel(Path folder, BiConsumer<String, float[]> change)
      throws IOException {
    Files.createDirectories(folder);
    for (String name : List.of("config.json", "vocab.json", "merges.txt", "tokenizer.json")) {
      Files.copy(path("model/" + name), folder.resolve(name));
    }
    Map<String, StoredTensor> weights = Safetensors.read(path("model/model.safetensors")).tensors();
    SafetensorsWriter writer = new SafetensorsWriter();
    for (StoredTensor each : weights.values()) {
      long[] shape = each.shape().stream().mapToLong(size -> size).toArray();
      writer.tensor(each.name(), each.dtype(), shape);
    }
    writer.write(
        folder.resolve("model.safetensors"),
        out -> {
          for (StoredTensor each : weights.values()) {
            float[] values = each.toFloats();
            change.accept(each.name(), values);
            out.append(each.name(), FloatBuffer.wrap(values));
          }
        });
    return Model.open(folder);
  }

  public static Sae sae(String relative) throws IOException {
    return Sae.open(path(relative));
  }

  /** 32 sequences of 64 tokens. */
  public static Sequences tokens() throws IOException {
    return Sequences.fromJson(path("tokens/eval.json"));
  }

  /** The two sequences that expected activations and logits are of. */
  public static Sequences firstTwo() throws IOException {
    return tokens().first(128);
  }

  public static JsonObject json(String relative) throws IOException {
    return JsonParser.parseString(Files.readString(path(relative))).getAsJsonObject();
  }

  static float[] expected(String file, String tensor) throws IOException {
    return Safetensors.read(path("expected/" + file)).tensor(tensor).toFloats();
  }

  /** The largest distance between two arrays of one length. */
  static double distance(float[] a, float[] b) {
    if (a.length != b.length) {
      throw new IllegalArgumentException(a.length + " values, but " + b.length);
    }
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      double d = Math.abs((double) a[i] - b[i]);
      // A NaN must not hide.
      largest = d <= largest ? largest : d;
    }
    return largest;
  }
}
