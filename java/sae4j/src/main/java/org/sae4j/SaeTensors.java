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
import java.util.Map;
import org.sae4j.engine.sae4j_sae;
import org.sae4j.engine.sae4j_sae_params;
import org.sae4j.format.SaeFile;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.StoredTensor;

/** Streams an SAE from its file into the engine; no matrix is ever whole on the Java heap. */
final class SaeTensors {
  private SaeTensors() {}

  /**
   * Loads an SAE.
   *
   * @param changed vectors that take the place of the file's
   */
  static sae4j_sae load(SaeFile file, Map<SaeTensor, float[]> changed) throws IOException {
    sae4j_sae sae = new sae4j_sae();
    try (CallMemory memory = new CallMemory()) {
      Engine.check(sae4j_sae_new(params(file, memory), sae), file.path());
    }
    try {
      for (Map.Entry<SaeTensor, StoredTensor> tensor : file.tensors().entrySet()) {
        int name = tensor(tensor.getKey());
        boolean centredSkip = tensor.getKey() == SaeTensor.W_SKIP && file.config().centreInput();
        if (centredSkip) {
          float[] values = centred(tensor.getValue());
          TensorChunks.vector(values, file.path(), chunk -> sae4j_sae_write(sae, name, chunk));
        } else if (changed.containsKey(tensor.getKey())) {
          float[] values = changed.get(tensor.getKey());
          TensorChunks.vector(values, file.path(), chunk -> sae4j_sae_write(sae, name, chunk));
        } else {
          write(tensor.getValue(), name, sae);
        }
      }
      Engine.check(sae4j_sae_finish(sae), file.path());
      return sae;
    } catch (Throwable e) {
      sae4j_sae_free(sae);
      throw e;
    }
  }

  /** A matrix [rows, columns] whose product with x is that of the original with x less its mean. */
  private static float[] centred(StoredTensor matrix) throws IOException {
    float[] values = matrix.toFloats();
    int columns = Math.toIntExact(matrix.dim(1));
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

  private static void write(StoredTensor tensor, int name, sae4j_sae sae) throws IOException {
    if (tensor.rank() == 2) {
      TensorChunks.forEach(tensor, chunk -> sae4j_sae_write(sae, name, chunk));
    } else {
      TensorChunks.vector(tensor, chunk -> sae4j_sae_write(sae, name, chunk));
    }
  }

  private static sae4j_sae_params params(SaeFile file, CallMemory memory) {
    SaeConfig config = file.config();
    sae4j_sae_params params =
        memory
            .keep(sae4j_sae_default_params())
            .d(config.dIn())
            .d_out(config.isTranscoder() ? config.dOut() : 0)
            .skip(file.tensors().containsKey(SaeTensor.W_SKIP) ? 1 : 0)
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
      params.scale((float) scale(file));
    }
    return params;
  }

  private static double scale(SaeFile file) {
    return file.config()
        .scale()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    file.path()
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
