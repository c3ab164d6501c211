package org.sae4j;

import static org.sae4j.engine.global.sae4j.SAE4J_B_DEC;
import static org.sae4j.engine.global.sae4j.SAE4J_B_ENC;
import static org.sae4j.engine.global.sae4j.SAE4J_B_GATE;
import static org.sae4j.engine.global.sae4j.SAE4J_B_MAG;
import static org.sae4j.engine.global.sae4j.SAE4J_GATED;
import static org.sae4j.engine.global.sae4j.SAE4J_GROUPMAX;
import static org.sae4j.engine.global.sae4j.SAE4J_JUMPRELU;
import static org.sae4j.engine.global.sae4j.SAE4J_NORM_CONSTANT_NORM_RESCALE;
import static org.sae4j.engine.global.sae4j.SAE4J_NORM_EXPECTED_AVERAGE_ONLY_IN;
import static org.sae4j.engine.global.sae4j.SAE4J_NORM_LAYER_NORM;
import static org.sae4j.engine.global.sae4j.SAE4J_NORM_NONE;
import static org.sae4j.engine.global.sae4j.SAE4J_RELU;
import static org.sae4j.engine.global.sae4j.SAE4J_R_MAG;
import static org.sae4j.engine.global.sae4j.SAE4J_THRESHOLD;
import static org.sae4j.engine.global.sae4j.SAE4J_TOPK;
import static org.sae4j.engine.global.sae4j.SAE4J_W_DEC;
import static org.sae4j.engine.global.sae4j.SAE4J_W_ENC;
import static org.sae4j.engine.global.sae4j.SAE4J_W_SKIP;
import static org.sae4j.engine.global.sae4j.sae4j_sae_default_params;
import static org.sae4j.engine.global.sae4j.sae4j_sae_finish;
import static org.sae4j.engine.global.sae4j.sae4j_sae_free;
import static org.sae4j.engine.global.sae4j.sae4j_sae_new;
import static org.sae4j.engine.global.sae4j.sae4j_sae_write;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.sae4j.engine.sae4j_chunk;
import org.sae4j.engine.sae4j_sae;
import org.sae4j.engine.sae4j_sae_params;
import org.sae4j.format.Activation;
import org.sae4j.format.Normalization;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.format.sae.SaeFile;
import org.sae4j.memory.CallMemory;

/** Hands an SAE's weights to the engine; no matrix of a file is ever whole on the Java heap. */
final class SaeTensors {
  private SaeTensors() {}

  /** Hands one tensor to the engine, chunk by chunk. */
  private interface Source {
    void write(SaeTensor name, ToIntFunction<sae4j_chunk> engine) throws IOException;
  }

  /**
   * Loads an SAE from its file.
   *
   * @param changed vectors that take the place of the file's
   */
  static sae4j_sae load(SaeFile file, Map<SaeTensor, float[]> changed) throws IOException {
    SaeConfig config = file.config();
    TensorChunks.Check check = status -> Engine.check(status, file.path());
    return load(
        config,
        file.path().toString(),
        file.tensors().keySet(),
        check,
        (name, engine) -> {
          StoredTensor tensor = file.tensor(name);
          if (isCentred(name, config)) {
            TensorChunks.vector(centred(tensor.toFloats(), config.dIn()), check, engine);
          } else if (changed.containsKey(name)) {
            TensorChunks.vector(changed.get(name), check, engine);
          } else if (tensor.rank() == 2) {
            TensorChunks.forEach(tensor, engine);
          } else {
            TensorChunks.vector(tensor, engine);
          }
        });
  }

  /**
   * Makes an SAE of arrays.
   *
   * @param name what it is called in messages
   * @throws IllegalArgumentException if one is missing, needless or of another length
   */
  static sae4j_sae of(SaeConfig config, String name, Map<SaeTensor, float[]> weights) {
    requireFitting(config, weights);
    try {
      return load(
          config,
          name,
          weights.keySet(),
          Engine::check,
          (tensor, engine) -> {
            float[] values = weights.get(tensor);
            TensorChunks.vector(
                isCentred(tensor, config) ? centred(values.clone(), config.dIn()) : values,
                Engine::check,
                engine);
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void requireFitting(SaeConfig config, Map<SaeTensor, float[]> weights) {
    Set<SaeTensor> needed = EnumSet.copyOf(SaeTensor.of(config.activation()));
    if (weights.containsKey(SaeTensor.W_SKIP)) {
      needed.add(SaeTensor.W_SKIP);
    }
    if (!needed.equals(weights.keySet())) {
      throw new IllegalArgumentException(
          "weights: expected " + needed + ", found " + weights.keySet());
    }
    for (Map.Entry<SaeTensor, float[]> tensor : weights.entrySet()) {
      long expected = tensor.getKey().length(config);
      if (tensor.getValue().length != expected) {
        throw new IllegalArgumentException(
            "weights: expected %d values of %s, found %d"
                .formatted(expected, tensor.getKey(), tensor.getValue().length));
      }
    }
  }

  private static sae4j_sae load(
      SaeConfig config,
      String path,
      Set<SaeTensor> tensors,
      TensorChunks.Check check,
      Source source)
      throws IOException {
    sae4j_sae sae = new sae4j_sae();
    boolean skip = tensors.contains(SaeTensor.W_SKIP);
    try (CallMemory memory = new CallMemory()) {
      check.status(sae4j_sae_new(params(config, path, skip, memory), sae));
    }
    try {
      for (SaeTensor tensor : tensors) {
        int name = tensor(tensor);
        source.write(tensor, chunk -> sae4j_sae_write(sae, name, chunk));
      }
      check.status(sae4j_sae_finish(sae));
      return sae;
    } catch (Throwable e) {
      sae4j_sae_free(sae);
      throw e;
    }
  }

  private static boolean isCentred(SaeTensor name, SaeConfig config) {
    return name == SaeTensor.W_SKIP && config.centreInput();
  }

  /** Makes the product of a matrix [rows, columns] with x that of the original with x centred. */
  private static float[] centred(float[] values, int columns) {
    for (int row = 0; row < values.length; row += columns) {
      double mean = 0;
      for (int i = row; i < row + columns; i++) {
        mean += (double) values[i] / columns;
      }
      for (int i = row; i < row + columns; i++) {
        values[i] = (float) (values[i] - mean);
      }
    }
    return values;
  }

  private static sae4j_sae_params params(
      SaeConfig config, String path, boolean skip, CallMemory memory) {
    sae4j_sae_params params =
        memory
            .keep(sae4j_sae_default_params())
            .d(config.dIn())
            .d_out(config.isTranscoder() ? config.dOut() : 0)
            .skip(skip ? 1 : 0)
            .n(config.dSae())
            .activation(activation(config.activation()))
            .normalization(normalization(config.normalization()))
            .apply_b_dec_to_input(config.applyBDecToInput() ? 1 : 0)
            .rescale_acts_by_decoder_norm(config.rescaleActsByDecoderNorm() ? 1 : 0)
            .centre_input(config.centreInput() ? 1 : 0);
    if (config.activation() instanceof Activation.TopK topK) {
      params.k(topK.k());
    }
    if (config.activation() instanceof Activation.GroupMax groups) {
      params.k(groups.k());
    }
    if (config.normalization() == Normalization.EXPECTED_AVERAGE_ONLY_IN) {
      params.scale((float) scale(config, path));
    }
    return params;
  }

  private static double scale(SaeConfig config, String path) {
    return config
        .scale()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    path
                        + ": normalisation expected_average_only_in without its scale; give it"
                        + " with SaeOverrides"));
  }

  private static int activation(Activation activation) {
    if (activation instanceof Activation.TopK) {
      return SAE4J_TOPK;
    }
    if (activation instanceof Activation.GroupMax) {
      return SAE4J_GROUPMAX;
    }
    if (activation instanceof Activation.JumpRelu) {
      return SAE4J_JUMPRELU;
    }
    return activation instanceof Activation.Gated ? SAE4J_GATED : SAE4J_RELU;
  }

  private static int normalization(Normalization normalization) {
    return switch (normalization) {
      case NONE -> SAE4J_NORM_NONE;
      case LAYER_NORM -> SAE4J_NORM_LAYER_NORM;
      case CONSTANT_NORM_RESCALE -> SAE4J_NORM_CONSTANT_NORM_RESCALE;
      case EXPECTED_AVERAGE_ONLY_IN -> SAE4J_NORM_EXPECTED_AVERAGE_ONLY_IN;
    };
  }

  private static int tensor(SaeTensor tensor) {
    return switch (tensor) {
      case W_ENC -> SAE4J_W_ENC;
      case W_DEC -> SAE4J_W_DEC;
      case B_ENC -> SAE4J_B_ENC;
      case B_DEC -> SAE4J_B_DEC;
      case THRESHOLD -> SAE4J_THRESHOLD;
      case B_GATE -> SAE4J_B_GATE;
      case B_MAG -> SAE4J_B_MAG;
      case R_MAG -> SAE4J_R_MAG;
      case W_SKIP -> SAE4J_W_SKIP;
    };
  }
}
