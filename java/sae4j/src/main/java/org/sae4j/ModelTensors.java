package org.sae4j;

import static org.sae4j.engine.global.sae4j.SAE4J_DTYPE_F32;
import static org.sae4j.engine.global.sae4j.SAE4J_MLP_GELU;
import static org.sae4j.engine.global.sae4j.SAE4J_MLP_GELU_ERF;
import static org.sae4j.engine.global.sae4j.SAE4J_MLP_QUICK_GELU;
import static org.sae4j.engine.global.sae4j.SAE4J_MLP_RELU;
import static org.sae4j.engine.global.sae4j.SAE4J_MLP_SILU;
import static org.sae4j.engine.global.sae4j.SAE4J_MLP_TANH;
import static org.sae4j.engine.global.sae4j.SAE4J_PRECISION_BF16;
import static org.sae4j.engine.global.sae4j.SAE4J_PRECISION_F32;
import static org.sae4j.engine.global.sae4j.sae4j_model_default_params;
import static org.sae4j.engine.global.sae4j.sae4j_model_finish;
import static org.sae4j.engine.global.sae4j.sae4j_model_free;
import static org.sae4j.engine.global.sae4j.sae4j_model_new;
import static org.sae4j.engine.global.sae4j.sae4j_model_write;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.sae4j.engine.sae4j_chunk;
import org.sae4j.engine.sae4j_model;
import org.sae4j.engine.sae4j_model_params;
import org.sae4j.engine.sae4j_model_shape;

/**
 * The tensors of a GPT-2, and a model made of them.
 *
 * @param name the GGUF name
 * @param rows 1 for a vector, else the width of the output
 * @param columns the length of a vector, else the width of the input
 */
record ModelTensors(String name, int rows, int columns) {

  /** Makes a model without a tokenizer. */
  static sae4j_model load(ModelShape shape, ModelWeights weights, ModelOptions options) {
    sae4j_model model = new sae4j_model();
    try (CallMemory memory = new CallMemory()) {
      Engine.check(
          sae4j_model_new(
              struct(shape, memory), (BytePointer) null, params(options, memory), model));
    }
    try {
      for (ModelTensors tensor : of(shape)) {
        tensor.write(weights, model);
      }
      Engine.check(sae4j_model_finish(model));
      return model;
    } catch (Throwable e) {
      sae4j_model_free(model);
      throw e;
    }
  }

  static sae4j_model_params params(ModelOptions options, CallMemory memory) {
    int precision =
        switch (options.precision()) {
          case F32 -> SAE4J_PRECISION_F32;
          case BF16 -> SAE4J_PRECISION_BF16;
        };
    return memory.keep(sae4j_model_default_params()).precision(precision);
  }

  static sae4j_model_shape struct(ModelShape shape, CallMemory memory) {
    return memory
        .struct(new sae4j_model_shape())
        .n_layer(shape.layers())
        .n_head(shape.heads())
        .n_embd(shape.embedding())
        .n_ff(shape.feedForward())
        .n_ctx(shape.context())
        .n_vocab(shape.vocabulary())
        .tied(shape.tied() ? 1 : 0)
        .layer_norm_eps(shape.layerNormEpsilon())
        .mlp_activation(activation(shape.activation()))
        .attn_scale(shape.attentionScale())
        .attn_scale_by_layer(shape.attentionScaleByLayer() ? 1 : 0);
  }

  static MlpActivation activation(int code) {
    return Arrays.stream(MlpActivation.values())
        .filter(each -> activation(each) == code)
        .findFirst()
        .orElseThrow();
  }

  private static int activation(MlpActivation activation) {
    return switch (activation) {
      case GELU -> SAE4J_MLP_GELU;
      case GELU_ERF -> SAE4J_MLP_GELU_ERF;
      case QUICK_GELU -> SAE4J_MLP_QUICK_GELU;
      case SILU -> SAE4J_MLP_SILU;
      case RELU -> SAE4J_MLP_RELU;
      case TANH -> SAE4J_MLP_TANH;
    };
  }

  private void write(ModelWeights weights, sae4j_model model) {
    float[] values = weights.tensor(name, rows, columns);
    if (values.length != (long) rows * columns) {
      throw new IllegalArgumentException(
          "tensor %s: expected %d values, %d rows of %d, found %d"
              .formatted(name, (long) rows * columns, rows, columns, values.length));
    }
    try (CallMemory memory = new CallMemory()) {
      sae4j_chunk chunk =
          memory
              .struct(new sae4j_chunk())
              .dtype(SAE4J_DTYPE_F32)
              .count(values.length)
              .data(memory.floats(values));
      Engine.check(sae4j_model_write(model, name, chunk));
    }
  }

  private static List<ModelTensors> of(ModelShape shape) {
    int d = shape.embedding();
    int ff = shape.feedForward();
    List<ModelTensors> all = new ArrayList<>();
    all.add(new ModelTensors("token_embd.weight", shape.vocabulary(), d));
    all.add(new ModelTensors("position_embd.weight", shape.context(), d));
    for (int layer = 0; layer < shape.layers(); layer++) {
      String block = "blk." + layer + ".";
      addNorm(all, block + "attn_norm", d);
      addLinear(all, block + "attn_qkv", 3 * d, d);
      addLinear(all, block + "attn_output", d, d);
      addNorm(all, block + "ffn_norm", d);
      addLinear(all, block + "ffn_up", ff, d);
      addLinear(all, block + "ffn_down", d, ff);
    }
    addNorm(all, "output_norm", d);
    if (!shape.tied()) {
      all.add(new ModelTensors("output.weight", shape.vocabulary(), d));
    }
    return all;
  }

  private static void addNorm(List<ModelTensors> all, String name, int width) {
    all.add(new ModelTensors(name + ".weight", 1, width));
    all.add(new ModelTensors(name + ".bias", 1, width));
  }

  private static void addLinear(List<ModelTensors> all, String name, int rows, int columns) {
    all.add(new ModelTensors(name + ".weight", rows, columns));
    all.add(new ModelTensors(name + ".bias", 1, rows));
  }
}
