package org.sae4j.format.model;

import java.util.List;
import java.util.Locale;
import org.sae4j.arch.ModelShape;
import org.sae4j.format.container.GgufMetadata;
import org.sae4j.format.container.GgufType;
import org.sae4j.format.container.GgufWriter;

/** What a GGUF file of a GPT-2 has before its weights: how the engine is told about a model. */
public final class GgufModelHeader {
  static final String ARCHITECTURE = "gpt2";

  private GgufModelHeader() {}

  /**
   * Describes a model, its arithmetic included, for which GGUF has no word: those keys are sae4j's
   * own.
   */
  public static byte[] of(ModelShape shape) {
    GgufMetadata metadata = new GgufMetadata().putString("general.architecture", ARCHITECTURE);
    putSizes(metadata, shape)
        .putString("gpt2.mlp_activation", shape.activation().name().toLowerCase(Locale.ROOT))
        .putFloat("gpt2.attention.scale", shape.attentionScale())
        .putBoolean("gpt2.attention.scale_by_layer", shape.attentionScaleByLayer());
    GgufWriter writer = new GgufWriter(metadata);
    addTensor(writer, "token_embd.weight", shape.vocabulary(), shape);
    addTensor(writer, "position_embd.weight", shape.context(), shape);
    if (!shape.tied()) {
      addTensor(writer, "output.weight", shape.vocabulary(), shape);
    }
    return writer.header();
  }

  /** A tensor whose rows say what no key says. */
  private static void addTensor(GgufWriter writer, String name, long rows, ModelShape shape) {
    List<Long> sizes = List.of(rows, (long) shape.embedding());
    writer.addTensor(name, GgufType.F32, sizes, channel -> {});
  }

  /** Puts the keys that a GGUF file of a GPT-2 has. */
  static GgufMetadata putSizes(GgufMetadata metadata, ModelShape shape) {
    return metadata
        .putUnsigned("gpt2.block_count", shape.layers())
        .putUnsigned("gpt2.context_length", shape.context())
        .putUnsigned("gpt2.embedding_length", shape.embedding())
        .putUnsigned("gpt2.feed_forward_length", shape.feedForward())
        .putUnsigned("gpt2.attention.head_count", shape.heads())
        .putFloat("gpt2.attention.layer_norm_epsilon", shape.layerNormEpsilon());
  }
}
