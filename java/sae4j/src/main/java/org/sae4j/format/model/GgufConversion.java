package org.sae4j.format.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import org.sae4j.arch.MlpActivation;
import org.sae4j.arch.ModelShape;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.GgufMetadata;
import org.sae4j.format.container.GgufType;
import org.sae4j.format.container.GgufWriter;
import org.sae4j.format.container.WeightEncoder;

/**
 * Writes Hugging Face models as the GGUF files that llama.cpp's own converter would make of them.
 *
 * <p>A file appears complete or not at all.
 */
public final class GgufConversion {
  private static final int QUANTIZATION_VERSION = 2;

  private GgufConversion() {}

  /**
   * Writes a model with its tokenizer. Tokens without a row in the embedding are left out.
   *
   * @param progress takes the bytes of weights written so far, out of {@link #weightBytes}
   * @throws FormatException if the tokenizer has a rule that a GGUF file cannot say
   */
  public static void write(
      HuggingFaceModel model,
      HuggingFaceTokenizer tokenizer,
      Path target,
      WeightPrecision precision,
      LongConsumer progress)
      throws IOException {
    refuseOtherArithmetic(model);
    GgufWriter writer = new GgufWriter(metadata(model, tokenizer, precision));
    WeightEncoder encoder = new WeightEncoder(progress);
    for (GgufWeight weight : model.tensors()) {
      GgufType type = precision.typeOf(weight);
      writer.addTensor(
          weight.ggufName(),
          type,
          weight.tensor().shape(),
          channel -> encoder.write(weight.tensor(), type, channel));
    }
    writer.write(target);
  }

  /** A GGUF file of GPT-2 has no word for these, and whoever reads it computes as OpenAI's does. */
  private static void refuseOtherArithmetic(HuggingFaceModel model) throws FormatException {
    ModelShape shape = model.shape();
    float usual = ModelShape.usualScale(shape.embedding(), shape.heads());
    refuseUnless(model, shape.activation() == MlpActivation.GELU, "activation_function");
    refuseUnless(model, shape.attentionScale() == usual, "scale_attn_weights");
    refuseUnless(model, !shape.attentionScaleByLayer(), "scale_attn_by_inverse_layer_idx");
  }

  private static void refuseUnless(HuggingFaceModel model, boolean usual, String key)
      throws FormatException {
    if (!usual) {
      throw FormatException.of(
          model.config().file(),
          key + ": GGUF can express only GPT-2's usual value; sae4j runs the folder as it is");
    }
  }

  /** Returns how many bytes of weights {@link #write} writes. */
  public static long weightBytes(HuggingFaceModel model, WeightPrecision precision) {
    return model.tensors().stream()
        .mapToLong(weight -> weight.tensor().elementCount() * precision.typeOf(weight).bytes())
        .sum();
  }

  private static GgufMetadata metadata(
      HuggingFaceModel model, HuggingFaceTokenizer tokenizer, WeightPrecision precision)
      throws FormatException {
    GgufVocabulary vocabulary = GgufVocabulary.of(tokenizer, model.config().vocabularySize());
    GgufMetadata metadata = new GgufMetadata();
    putModel(metadata, model, precision);
    putTokenizer(metadata, tokenizer, vocabulary);
    return metadata;
  }

  private static void putModel(
      GgufMetadata metadata, HuggingFaceModel model, WeightPrecision precision) {
    metadata
        .putString("general.architecture", GgufModelHeader.ARCHITECTURE)
        .putString("general.type", "model")
        .putString("general.name", model.name());
    GgufModelHeader.putSizes(metadata, model.shape())
        .putUnsigned("general.file_type", precision.fileType())
        .putUnsigned("general.quantization_version", QUANTIZATION_VERSION);
  }

  private static void putTokenizer(
      GgufMetadata metadata, HuggingFaceTokenizer tokenizer, GgufVocabulary vocabulary) {
    metadata
        .putString("tokenizer.ggml.model", "gpt2")
        .putString("tokenizer.ggml.pre", tokenizer.preTokenizer())
        .putStrings("tokenizer.ggml.tokens", vocabulary.tokens())
        .putInts(
            "tokenizer.ggml.token_type", vocabulary.types().stream().map(TokenType::code).toList())
        .putStrings("tokenizer.ggml.merges", tokenizer.merges())
        .putBoolean("tokenizer.ggml.add_bos_token", tokenizer.addsBos());
    tokenizer.bosId().ifPresent(id -> metadata.putUnsigned("tokenizer.ggml.bos_token_id", id));
    tokenizer.eosId().ifPresent(id -> metadata.putUnsigned("tokenizer.ggml.eos_token_id", id));
  }
}
