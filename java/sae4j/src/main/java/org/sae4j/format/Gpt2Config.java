package org.sae4j.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.Set;
import org.sae4j.FormatException;

/**
 * The hyper-parameters in the {@code config.json} of a Hugging Face GPT-2 model.
 *
 * <p>A setting under which GPT-2's usual arithmetic would give other numbers is refused.
 *
 * @param file where they stand
 * @param vocabularySize rows of the token embedding, which may be more than there are tokens
 * @param contextLength positions that the model was trained for
 * @param embeddingLength width of the residual stream
 * @param feedForwardLength width of the hidden layer of each block
 * @param blockCount number of transformer blocks
 * @param headCount attention heads in each block
 * @param layerNormEpsilon what layer norms add to the variance
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
    boolean tiedEmbeddings,
    OptionalInt bosId,
    OptionalInt eosId) {

  private static final String MODEL_TYPE = "gpt2";

  /** Both names stand for the approximation of GELU by tanh. */
  private static final Set<String> ACTIVATIONS = Set.of("gelu_new", "gelu_pytorch_tanh");

  /** llama.cpp aborts when it reads a model of more blocks. */
  private static final int MAX_BLOCKS = 512;

  /** Reads {@code config.json}. */
  static Gpt2Config read(Path file) throws IOException {
    JsonSettings settings = JsonSettings.read(file);
    refuseOtherModels(settings);
    refuseOtherArithmetic(settings);
    int embeddingLength = settings.positive("n_embd");
    return new Gpt2Config(
        file,
        settings.positive("vocab_size"),
        contextLength(settings),
        embeddingLength,
        feedForwardLength(settings, embeddingLength),
        blockCount(settings),
        headCount(settings, embeddingLength),
        layerNormEpsilon(settings),
        settings.flag("tie_word_embeddings", true),
        settings.findInteger("bos_token_id"),
        settings.findInteger("eos_token_id"));
  }

  private static void refuseOtherModels(JsonSettings settings) throws FormatException {
    String type = settings.text("model_type");
    if (!type.equals(MODEL_TYPE)) {
      throw settings.unexpected("model_type", "\"" + MODEL_TYPE + "\"", "\"" + type + "\"");
    }
  }

  private static void refuseOtherArithmetic(JsonSettings settings) throws FormatException {
    String activation = settings.text("activation_function", "gelu_new");
    if (!ACTIVATIONS.contains(activation)) {
      throw settings.unexpected(
          "activation_function", "gelu_new or gelu_pytorch_tanh", "\"" + activation + "\"");
    }
    expectFlag(settings, "scale_attn_weights", true);
    expectFlag(settings, "scale_attn_by_inverse_layer_idx", false);
    expectFlag(settings, "reorder_and_upcast_attn", false);
    expectFlag(settings, "add_cross_attention", false);
  }

  private static void expectFlag(JsonSettings settings, String name, boolean usual)
      throws FormatException {
    if (settings.flag(name, usual) != usual) {
      throw settings.unexpected(
          name, usual + " (sae4j's GPT-2 would give other numbers)", String.valueOf(!usual));
    }
  }

  /**
   * Reads {@code n_positions}, or {@code n_ctx} in files without it.
   *
   * <p>Where both stand and differ, {@code n_ctx} is a forgotten default: today's transformers
   * library sizes the position embedding by {@code n_positions} alone.
   */
  private static int contextLength(JsonSettings settings) throws FormatException {
    return settings.has("n_positions") || !settings.has("n_ctx")
        ? settings.positive("n_positions")
        : settings.positive("n_ctx");
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
    int count = settings.positive("n_layer");
    if (count > MAX_BLOCKS) {
      throw settings.unexpected("n_layer", "at most " + MAX_BLOCKS, Integer.toString(count));
    }
    return count;
  }

  private static int headCount(JsonSettings settings, int embeddingLength) throws FormatException {
    int count = settings.positive("n_head");
    if (embeddingLength % count != 0) {
      throw settings.unexpected(
          "n_head", "a divisor of n_embd = " + embeddingLength, Integer.toString(count));
    }
    return count;
  }

  private static float layerNormEpsilon(JsonSettings settings) throws FormatException {
    double epsilon = settings.number("layer_norm_epsilon", 1e-5);
    if (!(epsilon >= 0 && epsilon < 1)) {
      throw settings.unexpected(
          "layer_norm_epsilon", "a small number, not negative", Double.toString(epsilon));
    }
    return (float) epsilon;
  }
}
