package org.sae4j.format.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeSet;
import org.sae4j.arch.MlpActivation;
import org.sae4j.arch.ModelShape;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonSettings;

/**
 * The hyper-parameters in the {@code config.json} of a Hugging Face GPT-2 model.
 *
 * <p>A setting under which the model would compute what sae4j cannot is refused by name.
 *
 * @param file where they stand
 * @param vocabularySize rows of the token embedding, which may be more than there are tokens
 * @param contextLength positions that the model was trained for
 * @param embeddingLength width of the residual stream
 * @param feedForwardLength width of the hidden layer of each block
 * @param blockCount number of transformer blocks
 * @param headCount attention heads in each block
 * @param layerNormEpsilon what layer norms add to the variance
 * @param activation what the MLPs do with their hidden layer
 * @param attentionScale what attention multiplies its scores with
 * @param attentionScaleByLayer whether block L also divides its scores by L + 1
 * @param tiedEmbeddings whether the unembedding is the token embedding
 * @param bosId the token that begins a text, if the model names one
 * @param eosId the token that ends a text, if the model names one
 */
public record Gpt2Config(
    Path file,
    int vocabularySize,
    int contextLength,
    int embeddingLength,
    int feedForwardLength,
    int blockCount,
    int headCount,
    float layerNormEpsilon,
    MlpActivation activation,
    float attentionScale,
    boolean attentionScaleByLayer,
    boolean tiedEmbeddings,
    OptionalInt bosId,
    OptionalInt eosId) {

  private static final String MODEL_TYPE = "gpt2";

  /** Those of the transformers library that sae4j computes, by its names for them. */
  private static final Map<String, MlpActivation> ACTIVATIONS =
      Map.ofEntries(
          Map.entry("gelu_new", MlpActivation.GELU),
          Map.entry("gelu_pytorch_tanh", MlpActivation.GELU),
          Map.entry("gelu_python_tanh", MlpActivation.GELU),
          Map.entry("gelu_fast", MlpActivation.GELU),
          Map.entry("gelu_accurate", MlpActivation.GELU),
          Map.entry("gelu", MlpActivation.GELU_ERF),
          Map.entry("gelu_python", MlpActivation.GELU_ERF),
          Map.entry("quick_gelu", MlpActivation.QUICK_GELU),
          Map.entry("silu", MlpActivation.SILU),
          Map.entry("swish", MlpActivation.SILU),
          Map.entry("relu", MlpActivation.RELU),
          Map.entry("tanh", MlpActivation.TANH));

  /** llama.cpp aborts when it reads a model of more blocks. */
  private static final int MAX_BLOCKS = 512;

  /** Reads {@code config.json}. */
  static Gpt2Config read(Path file) throws IOException {
    JsonSettings settings = JsonSettings.read(file);
    refuseOtherModels(settings);
    refuseOtherArithmetic(settings);
    int embeddingLength = named(settings, "n_embd", "hidden_size");
    int headCount = headCount(settings, embeddingLength);
    boolean scaled = settings.flag("scale_attn_weights", true);
    return new Gpt2Config(
        file,
        settings.positive("vocab_size"),
        contextLength(settings),
        embeddingLength,
        feedForwardLength(settings, embeddingLength),
        blockCount(settings),
        headCount,
        layerNormEpsilon(settings),
        activation(settings),
        scaled ? ModelShape.usualScale(embeddingLength, headCount) : 1,
        settings.flag("scale_attn_by_inverse_layer_idx", false),
        settings.flag("tie_word_embeddings", true),
        firstId(settings, "bos_token_id"),
        firstId(settings, "eos_token_id"));
  }

  private static void refuseOtherModels(JsonSettings settings) throws FormatException {
    String type = settings.text("model_type");
    if (!type.equals(MODEL_TYPE)) {
      throw settings.unexpected("model_type", "\"" + MODEL_TYPE + "\"", "\"" + type + "\"");
    }
  }

  private static void refuseOtherArithmetic(JsonSettings settings) throws FormatException {
    if (settings.flag("add_cross_attention", false)) {
      throw settings.unexpected(
          "add_cross_attention", "false (sae4j's GPT-2 has no encoder to look at)", "true");
    }
    if (settings.has("quantization_config")) {
      throw settings.unexpected(
          "quantization_config", "none (sae4j reads floating-point weights)", "one");
    }
    if (settings.has("pruned_heads") && !settings.object("pruned_heads").object().isEmpty()) {
      throw settings.unexpected(
          "pruned_heads", "none", JsonSettings.summary(settings.object().get("pruned_heads")));
    }
  }

  private static MlpActivation activation(JsonSettings settings) throws FormatException {
    String name = settings.text("activation_function", "gelu_new");
    MlpActivation activation = ACTIVATIONS.get(name);
    if (activation == null) {
      throw settings.unexpected(
          "activation_function",
          "one of " + String.join(", ", new TreeSet<>(ACTIVATIONS.keySet())),
          "\"" + name + "\"");
    }
    return activation;
  }

  /**
   * Reads a size that has two names, of which most files use the first.
   *
   * <p>The transformers library lets the second win. Where they differ, one of them is a mistake.
   */
  private static int named(JsonSettings settings, String name, String other)
      throws FormatException {
    if (!settings.has(other)) {
      return settings.positive(name);
    }
    int size = settings.positive(other);
    if (settings.has(name) && settings.positive(name) != size) {
      throw settings.unexpected(
          name, other + ", which is the same, " + size, Integer.toString(settings.positive(name)));
    }
    return size;
  }

  /**
   * Reads {@code n_positions}, or {@code n_ctx} in files without it.
   *
   * <p>Where both stand and differ, {@code n_ctx} is a forgotten default: today's transformers
   * library sizes the position embedding by {@code n_positions} alone.
   */
  private static int contextLength(JsonSettings settings) throws FormatException {
    String other = "max_position_embeddings";
    return settings.has("n_positions") || settings.has(other) || !settings.has("n_ctx")
        ? named(settings, "n_positions", other)
        : settings.positive("n_ctx");
  }

  /** Reads a token id, or the first of several. */
  private static OptionalInt firstId(JsonSettings settings, String name) throws FormatException {
    if (settings.find(name).filter(JsonElement::isJsonArray).isEmpty()) {
      return settings.findInteger(name);
    }
    JsonArray ids = settings.array(name);
    JsonObject first = new JsonObject();
    if (!ids.isEmpty()) {
      first.add(name, ids.get(0));
    }
    return new JsonSettings(settings.file(), settings.path(), first).findInteger(name);
  }

  private static int feedForwardLength(JsonSettings settings, int embeddingLength)
      throws FormatException {
    if (settings.has("n_inner")) {
      return settings.positive("n_inner");
    }
    if (embeddingLength > Integer.MAX_VALUE / 4) {
      throw settings.unexpected("n_embd", "a width", Integer.toString(embeddingLength));
    }
    return 4 * embeddingLength;
  }

  private static int blockCount(JsonSettings settings) throws FormatException {
    int count = named(settings, "n_layer", "num_hidden_layers");
    if (count > MAX_BLOCKS) {
      throw settings.unexpected("n_layer", "at most " + MAX_BLOCKS, Integer.toString(count));
    }
    return count;
  }

  private static int headCount(JsonSettings settings, int embeddingLength) throws FormatException {
    int count = named(settings, "n_head", "num_attention_heads");
    if (embeddingLength % count != 0) {
      throw settings.unexpected(
          "n_head", "a divisor of n_embd = " + embeddingLength, Integer.toString(count));
    }
    return count;
  }

  private static float layerNormEpsilon(JsonSettings settings) throws FormatException {
    double number = settings.number("layer_norm_epsilon", 1e-5);
    float epsilon = (float) number;
    if (!(epsilon > 0 && epsilon < 1)) {
      throw settings.unexpected(
          "layer_norm_epsilon", "a number between 0 and 1", Double.toString(number));
    }
    return epsilon;
  }
}
