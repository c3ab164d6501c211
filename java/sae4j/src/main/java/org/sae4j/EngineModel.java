package org.sae4j;

import static org.sae4j.engine.global.sae4j.SAE4J_DTYPE_F32;
import static org.sae4j.engine.global.sae4j.SAE4J_PRECISION_BF16;
import static org.sae4j.engine.global.sae4j.SAE4J_PRECISION_F32;
import static org.sae4j.engine.global.sae4j.sae4j_model_default_params;
import static org.sae4j.engine.global.sae4j.sae4j_model_finish;
import static org.sae4j.engine.global.sae4j.sae4j_model_free;
import static org.sae4j.engine.global.sae4j.sae4j_model_get_number;
import static org.sae4j.engine.global.sae4j.sae4j_model_get_tensor;
import static org.sae4j.engine.global.sae4j.sae4j_model_get_text;
import static org.sae4j.engine.global.sae4j.sae4j_model_load;
import static org.sae4j.engine.global.sae4j.sae4j_model_new;
import static org.sae4j.engine.global.sae4j.sae4j_model_write;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.sae4j.arch.MlpActivation;
import org.sae4j.arch.ModelShape;
import org.sae4j.engine.sae4j_chunk;
import org.sae4j.engine.sae4j_model;
import org.sae4j.engine.sae4j_model_params;
import org.sae4j.engine.sae4j_tensor_info;
import org.sae4j.format.model.GgufModelHeader;
import org.sae4j.format.model.GgufWeight;
import org.sae4j.format.model.HuggingFaceModel;
import org.sae4j.memory.CallMemory;

/** Makes models in the engine, and asks the engine about them. */
final class EngineModel {
  private EngineModel() {}

  /** A tensor that the engine wants; a vector has one row. */
  private record Tensor(String name, int rows, int columns) {}

  /** Loads a GGUF file. */
  static sae4j_model load(Path file, ModelOptions options) throws IOException {
    sae4j_model model = new sae4j_model();
    try (CallMemory memory = new CallMemory()) {
      Engine.check(sae4j_model_load(file.toString(), params(options, memory), model), file);
    }
    return model;
  }

  /** Loads the weights of a folder. */
  static sae4j_model load(HuggingFaceModel files, ModelOptions options) throws IOException {
    sae4j_model model = new sae4j_model();
    Engine.check(begin(files.shape(), options, model), files.folder());
    try {
      for (GgufWeight weight : files.tensors()) {
        TensorChunks.forEach(
            weight.tensor(), chunk -> sae4j_model_write(model, weight.ggufName(), chunk));
      }
      Engine.check(sae4j_model_finish(model), files.folder());
      return model;
    } catch (Throwable e) {
      sae4j_model_free(model);
      throw e;
    }
  }

  /** Makes a model of weights that Java code provides. */
  static sae4j_model of(ModelShape shape, ModelWeights weights, ModelOptions options) {
    sae4j_model model = new sae4j_model();
    Engine.check(begin(shape, options, model));
    try {
      for (Tensor tensor : tensors(model)) {
        write(tensor, weights, model);
      }
      Engine.check(sae4j_model_finish(model));
      return model;
    } catch (Throwable e) {
      sae4j_model_free(model);
      throw e;
    }
  }

  private static int begin(ModelShape shape, ModelOptions options, sae4j_model model) {
    byte[] header = GgufModelHeader.of(shape);
    try (CallMemory memory = new CallMemory()) {
      return sae4j_model_new(memory.bytes(header), header.length, params(options, memory), model);
    }
  }

  private static sae4j_model_params params(ModelOptions options, CallMemory memory) {
    int precision =
        switch (options.precision()) {
          case F32 -> SAE4J_PRECISION_F32;
          case BF16 -> SAE4J_PRECISION_BF16;
        };
    return memory.keep(sae4j_model_default_params()).precision(precision);
  }

  private static void write(Tensor tensor, ModelWeights weights, sae4j_model model) {
    float[] values = weights.tensor(tensor.name, tensor.rows, tensor.columns);
    long expected = (long) tensor.rows * tensor.columns;
    if (values.length != expected) {
      throw new IllegalArgumentException(
          "tensor %s: expected %d values, %d rows of %d, found %d"
              .formatted(tensor.name, expected, tensor.rows, tensor.columns, values.length));
    }
    try (CallMemory memory = new CallMemory()) {
      sae4j_chunk chunk = memory.struct(new sae4j_chunk()).dtype(SAE4J_DTYPE_F32);
      chunk.count(values.length).data(memory.floats(values));
      Engine.check(sae4j_model_write(model, tensor.name, chunk));
    }
  }

  private static List<Tensor> tensors(sae4j_model model) {
    List<Tensor> tensors = new ArrayList<>();
    try (CallMemory memory = new CallMemory()) {
      sae4j_tensor_info info = memory.keep(sae4j_model_get_tensor(model, 0));
      while (info.name() != null) {
        int rows = Math.toIntExact(info.rows());
        tensors.add(new Tensor(Engine.utf8(info.name()), rows, Math.toIntExact(info.columns())));
        info = memory.keep(sae4j_model_get_tensor(model, tensors.size()));
      }
    }
    return tensors;
  }

  /** The sizes and the arithmetic of a model. */
  static ModelShape shape(sae4j_model model) {
    String activation = sae4j_model_get_text(model, "mlp_activation");
    return new ModelShape(
        size(model, "block_count"),
        size(model, "attention.head_count"),
        size(model, "embedding_length"),
        size(model, "feed_forward_length"),
        size(model, "context_length"),
        size(model, "vocab_size"),
        tensors(model).stream().noneMatch(tensor -> tensor.name.equals("output.weight")),
        (float) sae4j_model_get_number(model, "attention.layer_norm_epsilon"),
        MlpActivation.valueOf(activation.toUpperCase(Locale.ROOT)),
        (float) sae4j_model_get_number(model, "attention.scale"),
        sae4j_model_get_number(model, "attention.scale_by_layer") != 0);
  }

  private static int size(sae4j_model model, String key) {
    return (int) sae4j_model_get_number(model, key);
  }
}
