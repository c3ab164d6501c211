package org.sae4j.format.sae;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.sae4j.format.Activation;
import org.sae4j.format.FormatException;
import org.sae4j.format.Normalization;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.ValueBiases;
import org.sae4j.format.container.AtomicFile;
import org.sae4j.format.container.DType;
import org.sae4j.format.container.RowMajorFloats;
import org.sae4j.format.container.SafetensorsWriter;
import org.sae4j.format.container.StoredTensor;

/**
 * Writes SAEs of any format as folders that SAELens loads, with the same outputs.
 *
 * <p>A folder appears complete or not at all. Weights are widened or narrowed to F32.
 */
public final class SaeLensConversion {
  /** The first version with this layout of the configuration. */
  private static final String LAYOUT_VERSION = "6.0.0";

  private final SaeFile sae;
  private final SaeConfig config;
  private final String architecture;
  private final Map<SaeTensor, Weight> weights = new EnumMap<>(SaeTensor.class);

  /**
   * A tensor in SAELens's layout.
   *
   * @param factor what its elements are multiplied by
   * @param latents [n] what its rows, or columns, are multiplied by too; empty: nothing
   */
  private record Weight(
      String name, StoredTensor tensor, double factor, Optional<Latents> latents) {
    Weight(String name, StoredTensor tensor, double factor) {
      this(name, tensor, factor, Optional.empty());
    }

    Weight times(double[] factors, int dimension) {
      return new Weight(name, tensor, factor, Optional.of(new Latents(factors, dimension)));
    }

    /** What the element at an index in row-major order is multiplied by. */
    double factor(long index) {
      return latents.isEmpty() ? factor : factor * latents.get().at(index, tensor);
    }

    long[] shape() {
      return tensor.shape().stream().mapToLong(Long::longValue).toArray();
    }
  }

  /** A factor for each latent, of which a tensor's rows (0) or columns (1) are. */
  private record Latents(double[] factors, int dimension) {
    double at(long index, StoredTensor tensor) {
      long columns = tensor.rank() == 1 ? 1 : tensor.dim(1);
      return factors[(int) (dimension == 0 ? index / columns : index % columns)];
    }
  }

  private SaeLensConversion(SaeFile sae) throws IOException {
    this.sae = sae;
    this.config = sae.config();
    this.architecture = findArchitecture();
    double scale = scale();
    for (Map.Entry<SaeTensor, StoredTensor> entry : sae.tensors().entrySet()) {
      weights.put(entry.getKey(), weight(entry.getKey(), entry.getValue(), scale));
    }
    if (config.rescaleActsByDecoderNorm() && config.activation() instanceof Activation.JumpRelu) {
      foldDecoderNorms();
    }
  }

  /** Latents stay as they are: what they are multiplied by goes from the decoder to the encoder. */
  private void foldDecoderNorms() throws IOException {
    double[] norms = RowMajorFloats.rowNorms(sae.tensor(SaeTensor.W_DEC));
    double[] inverse = new double[norms.length];
    Arrays.setAll(inverse, i -> norms[i] > 0 ? 1 / norms[i] : 1);
    weights.computeIfPresent(SaeTensor.W_ENC, (name, weight) -> weight.times(norms, 1));
    weights.computeIfPresent(SaeTensor.B_ENC, (name, weight) -> weight.times(norms, 0));
    weights.computeIfPresent(SaeTensor.W_DEC, (name, weight) -> weight.times(inverse, 0));
  }

  /**
   * Prepares an SAE for writing.
   *
   * @throws FormatException if SAELens has no SAE that computes the same
   */
  public static SaeLensConversion of(SaeFile sae) throws IOException {
    return new SaeLensConversion(sae);
  }

  /** The name of the SAE's kind in SAELens. */
  public String architecture() {
    return architecture;
  }

  private String findArchitecture() throws FormatException {
    boolean skip = sae.tensors().containsKey(SaeTensor.W_SKIP);
    boolean transcoder = config.isTranscoder() || skip;
    Activation activation = config.activation();
    if (transcoder && config.applyBDecToInput()) {
      throw impossible("its transcoders do not subtract b_dec from the input");
    }
    String suffix = skip ? "skip_transcoder" : "transcoder";
    if (activation instanceof Activation.Relu) {
      return transcoder ? suffix : "standard";
    }
    if (activation instanceof Activation.JumpRelu) {
      return transcoder ? "jumprelu_" + suffix : "jumprelu";
    }
    if (activation instanceof Activation.GroupMax) {
      throw impossible("it has no groupmax");
    }
    if (transcoder) {
      throw impossible("its transcoders are ReLU or JumpReLU, not " + activation);
    }
    return activation instanceof Activation.Gated ? "gated" : "topk";
  }

  /** Returns how many bytes of weights {@link #write} writes. */
  public long weightBytes() {
    return weights.values().stream()
        .mapToLong(weight -> weight.tensor().elementCount() * DType.F32.bytes())
        .sum();
  }

  /**
   * Writes the folder, which must be absent or empty.
   *
   * @param hookName the activation that the SAE reads, as sae4j spells it
   * @param progress takes the bytes of weights written so far, out of {@link #weightBytes}
   */
  public void write(String hookName, Path folder, LongConsumer progress) throws IOException {
    AtomicFile.writeFolder(
        folder,
        part -> {
          writeWeights(part.resolve(SaeLensSae.WEIGHTS), progress);
          AtomicFile.write(part.resolve(SaeLensSae.CONFIG), json(hookName) + "\n");
        });
  }

  /** The file in a folder of {@link #write} that holds the weights. */
  public Path weightsIn(Path folder) {
    return folder.resolve(SaeLensSae.WEIGHTS);
  }

  /** Without its constant, expected_average_only_in is nothing that a file could hold. */
  private double scale() throws FormatException {
    if (config.normalization() != Normalization.EXPECTED_AVERAGE_ONLY_IN) {
      return 1;
    }
    return config
        .scale()
        .orElseThrow(() -> impossible("normalisation expected_average_only_in lacks its constant"));
  }

  /** Folds a constant that scales the input, and unscales the output, into the weights. */
  private static Weight weight(SaeTensor name, StoredTensor tensor, double scale) {
    return switch (name) {
      case W_ENC -> new Weight("W_enc", tensor.transposed(), scale);
      case W_DEC -> new Weight("W_dec", tensor, 1 / scale);
      case B_DEC -> new Weight("b_dec", tensor, 1 / scale);
      case B_ENC -> new Weight("b_enc", tensor, 1);
      case THRESHOLD -> new Weight("threshold", tensor, 1);
      case B_GATE -> new Weight("b_gate", tensor, 1);
      case B_MAG -> new Weight("b_mag", tensor, 1);
      case R_MAG -> new Weight("r_mag", tensor, 1);
      case W_SKIP -> new Weight("W_skip", tensor, 1);
    };
  }

  private void writeWeights(Path file, LongConsumer progress) throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter();
    weights.values().forEach(each -> writer.tensor(each.name(), DType.F32, each.shape()));
    long[] written = {0};
    writer.write(
        file,
        out -> {
          for (Weight weight : weights.values()) {
            long[] index = {0};
            RowMajorFloats.forEach(
                weight.tensor(),
                RowMajorFloats.BLOCK_ELEMENTS,
                next -> {
                  written[0] += (long) next.remaining() * DType.F32.bytes();
                  multiply(next, weight, index[0]);
                  index[0] += next.remaining();
                  out.append(weight.name(), next);
                  progress.accept(written[0]);
                });
          }
        });
  }

  private static void multiply(FloatBuffer values, Weight weight, long first)
      throws FormatException {
    for (int i = values.position(); i < values.limit(); i++) {
      float value = (float) (values.get(i) * weight.factor(first + i - values.position()));
      if (!Float.isFinite(value)) {
        throw FormatException.mismatch(
            weight.tensor().file(),
            "tensor " + weight.tensor().name(),
            "numbers in the range of F32",
            values.get(i));
      }
      values.put(i, value);
    }
  }

  private JsonObject json(String hookName) {
    JsonObject json = new JsonObject();
    json.addProperty("architecture", architecture);
    json.addProperty("d_in", config.dIn());
    json.addProperty("d_sae", config.dSae());
    if (architecture.endsWith("transcoder")) {
      json.addProperty("d_out", config.dOut());
    }
    json.addProperty("dtype", "float32");
    json.addProperty("device", "cpu");
    json.addProperty("apply_b_dec_to_input", config.applyBDecToInput());
    json.addProperty("normalize_activations", normalization().key());
    json.addProperty("reshape_activations", hookName.endsWith("hook_z") ? "hook_z" : "none");
    if (config.activation() instanceof Activation.TopK topK) {
      json.addProperty("k", topK.k());
      json.addProperty("rescale_acts_by_decoder_norm", config.rescaleActsByDecoderNorm());
    }
    json.add("metadata", metadata(hookName));
    return json;
  }

  private Normalization normalization() {
    return config.normalization() == Normalization.EXPECTED_AVERAGE_ONLY_IN
        ? Normalization.NONE
        : config.normalization();
  }

  private JsonObject metadata(String hookName) {
    JsonObject metadata = new JsonObject();
    metadata.addProperty("sae_lens_version", LAYOUT_VERSION);
    String hookNameOut = config.hookNameOut().orElse(hookName);
    metadata.addProperty("hook_name", SaeLensLayerNorms.transformerLensName(hookName));
    if (architecture.endsWith("transcoder")) {
      String name = SaeLensLayerNorms.transformerLensName(hookNameOut);
      metadata.addProperty("hook_name_out", name);
    }
    config.modelName().ifPresent(name -> metadata.addProperty("model_name", name));
    config.contextSize().ifPresent(size -> metadata.addProperty("context_size", size));
    config.prependBos().ifPresent(bos -> metadata.addProperty("prepend_bos", bos));
    JsonObject options = new JsonObject();
    if (config.centreInput()) {
      options.addProperty("center_writing_weights", true);
    }
    if (config.valueBiases().areFolded()) {
      options.addProperty("fold_value_biases", true);
    }
    if (config.valueBiases() == ValueBiases.FOLDED_WITH_LN
        || SaeLensLayerNorms.needsFolding(hookName)
        || SaeLensLayerNorms.needsFolding(hookNameOut)) {
      options.addProperty("fold_ln", true);
    }
    if (options.size() > 0) {
      metadata.add("model_from_pretrained_kwargs", options);
    }
    metadata.addProperty("converted_from", config.format());
    return metadata;
  }

  private FormatException impossible(String reason) {
    return FormatException.of(sae.path(), "SAELens cannot express this SAE: " + reason);
  }
}
