package org.sae4j.format.model;

import com.google.gson.JsonElement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeSet;
import org.sae4j.arch.MlpActivation;
import org.sae4j.arch.ModelShape;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;

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
    JsonFields settings = JsonFields.read(file);
    refuseOtherModels(settings);
    refuseOtherArithmetic(settings);
    int embeddingLength = named(settings, "n_embd", "hidden_size");
    int headCount = headCount(settings, embeddingLength);
    boolean scaled = settings.bool("scale_attn_weights").orElse(true);
    return new Gpt2Config(
        file,
        settings.requireInteger("vocab_size", 1),
        contextLength(settings),
        embeddingLength,
        feedForwardLength(settings, embeddingLength),
        blockCount(settings),
        headCount,
        layerNormEpsilon(settings),
        activation(settings),
        scaled ? ModelShape.usualScale(embeddingLength, headCount) : 1,
        settings.bool("scale_attn_by_inverse_layer_idx").orElse(false),
        settings.bool("tie_word_embeddings").orElse(true),
        firstId(settings, "bos_token_id"),
        firstId(settings, "eos_token_id"));
  }

  private static void refuseOtherModels(JsonFields settings) throws FormatException {
    String type = settings.requireString("model_type");
    if (!type.equals(MODEL_TYPE)) {
      throw settings.mismatch("model_type", "\"" + MODEL_TYPE + "\"");
    }
  }

  private static void refuseOtherArithmetic(JsonFields settings) throws FormatException {
    if (settings.bool("add_cross_attention").orElse(false)) {
      throw settings.mismatch(
          "add_cross_attention", "false (sae4j's GPT-2 has no encoder to look at)");
    }
    if (settings.has("quantization_config")) {
      throw settings.mismatch(
          "quantization_config", "none (sae4j reads floating-point weights)", "one");
    }
    if (!settings.objectOrEmpty("pruned_heads").keys().isEmpty()) {
      throw settings.mismatch("pruned_heads", "none");
    }
  }

  private static MlpActivation activation(JsonFields settings) throws FormatException {
    String name = settings.string("activation_function").orElse("gelu_new");
    MlpActivation activation = ACTIVATIONS.get(name);
    if (activation == null) {
      throw settings.mismatch(
          "activation_function",
          "one of " + String.join(", ", new TreeSet<>(ACTIVATIONS.keySet())));
    }
    return activation;
  }

  /**
   * Reads a size that has two names, of which most files use the first.
   *
   * <p>The transformers library lets the second win. Where they differ, one of them is a mistake.
   */
  private static int named(JsonFields settings, String name, String other) throws FormatException {
    if (!settings.has(other)) {
      return settings.requireInteger(name, 1);
    }
    int size = settings.requireInteger(other, 1);
    if (settings.has(name) && settings.requireInteger(name, 1) != size) {
      throw settings.mismatch(name, other + ", which is the same, " + size);
    }
    return size;
  }

  /**
   * Reads {@code n_positions}, or {@code n_ctx} in files without it.
   *
   * <p>Where both stand and differ, {@code n_ctx} is a forgotten default: today's transformers
   * library sizes the position embedding by {@code n_positions} alone.
   */
  private static int contextLength(JsonFields settings) throws FormatException {
    String other = "max_position_embeddings";
    return settings.has("n_positions") || settings.has(other) || !settings.has("n_ctx")
        ? named(settings, "n_positions", other)
        : settings.requireInteger("n_ctx", 1);
  }

  /** Reads a token id, or the first of several. */
  private static OptionalInt firstId(JsonFields settings, String name) throws FormatException {
    return settings.value(name).filter(JsonElement::isJsonArray).isPresent()
        ? Arrays.stream(settings.integers(name, Integer.MIN_VALUE)).findFirst()
        : settings.integer(name).map(OptionalInt::of).orElseGet(OptionalInt::empty);
  }

  private static int feedForwardLength(JsonFields settings, int embeddingLength)
      throws FormatException {
    if (settings.has("n_inner")) {
      return settings.requireInteger("n_inner", 1);
    }
    if (embeddingLength > Integer.MAX_VALUE / 4) {
      throw settings.mismatch("n_embd", "a width", embeddingLength);
    }
    return 4 * embeddingLength;
  }

  private static int blockCount(JsonFields settings) throws FormatException {
    int count = named(settings, "n_layer", "num_hidden_layers");
    if (count > MAX_BLOCKS) {
      throw settings.mismatch("n_layer", "at most " + MAX_BLOCKS, count);
    }
    return count;
  }

  private static int headCount(JsonFields settings, int embeddingLength) throws FormatException {
    int count = named(settings, "n_head", "num_attention_heads");
    if (embeddingLength % count != 0) {
      throw settings.mismatch("n_head", "a divisor of n_embd = " + embeddingLength, count);
    }
    return count;
  }

  private static float layerNormEpsilon(JsonFields settings) throws FormatException {
    float epsilon = (float) settings.number("layer_norm_epsilon").orElse(1e-5);
    if (!(epsilon > 0 && epsilon < 1)) {
      throw settings.mismatch("layer_norm_epsilon", "a number between 0 and 1");
    }
    return epsilon;
  }
}
