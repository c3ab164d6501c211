package org.sae4j.format.sae;

import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import org.sae4j.arch.HookPoint;
import org.sae4j.arch.Site;
import org.sae4j.format.Activation;
import org.sae4j.format.FormatException;
import org.sae4j.format.Normalization;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.container.RowMajorFloats;

/**
 * Makes an SAE of {@code attn.hook_z} without the value biases one of {@code attn.hook_z} as it is.
 *
 * <p>The biases are subtracted from what the SAE reads, and added to what it writes. Both are sums
 * with the SAE's own biases, so that only those change.
 */
public final class ValueBiasFolding {
  private final SaeFile sae;
  private final SaeConfig config;
  private final Map<SaeTensor, float[]> changed = new EnumMap<>(SaeTensor.class);

  private ValueBiasFolding(SaeFile sae) {
    this.sae = sae;
    this.config = sae.config();
  }

  /**
   * The parameters that change.
   *
   * @param biases the value biases of a layer of the model, heads side by side
   * @throws FormatException if the SAE normalises what it reads by each token's own numbers
   */
  public static Map<SaeTensor, float[]> of(SaeFile sae, IntFunction<float[]> biases)
      throws IOException {
    ValueBiasFolding folding = new ValueBiasFolding(sae);
    folding.fold(biases);
    return folding.changed;
  }

  private void fold(IntFunction<float[]> biases) throws IOException {
    Optional<float[]> in = biasesAt(config.hookName(), biases, config.dIn());
    Optional<float[]> out =
        biasesAt(config.hookNameOut().or(config::hookName), biases, config.dOut());
    if (in.isPresent()) {
      requireLinear();
    }
    double scale = config.scale().orElse(1);
    if (in.isPresent() && !config.applyBDecToInput()) {
      subtract(scaled(in.get(), scale));
    }
    if (in.isPresent() && sae.tensors().containsKey(SaeTensor.W_SKIP)) {
      double[] product = product(SaeTensor.W_SKIP, scaled(in.get(), 1));
      add(SaeTensor.B_DEC, product, -1);
    }
    if (out.isPresent()) {
      add(SaeTensor.B_DEC, scaled(out.get(), scale), 1);
    }
  }

  private Optional<float[]> biasesAt(Optional<String> hook, IntFunction<float[]> biases, int width)
      throws FormatException {
    Optional<HookPoint> point = hook.map(HookPoint::of).filter(at -> at.site() == Site.Z);
    Optional<float[]> found = point.map(at -> biases.apply(at.layer()));
    if (found.isPresent() && found.get().length != width) {
      throw FormatException.mismatch(
          sae.path(), "width", "the model's at " + hook.get() + ", " + found.get().length, width);
    }
    return found;
  }

  private void requireLinear() throws FormatException {
    Normalization normalization = config.normalization();
    if (normalization != Normalization.NONE
        && normalization != Normalization.EXPECTED_AVERAGE_ONLY_IN) {
      throw FormatException.of(
          sae.path(),
          "fold_value_biases with normalize_activations "
              + normalization.key()
              + " is not supported");
    }
  }

  /** Lets the encoder see its input less a vector [d]. */
  private void subtract(double[] input) throws IOException {
    double[] product = product(SaeTensor.W_ENC, input);
    if (!(config.activation() instanceof Activation.Gated)) {
      add(SaeTensor.B_ENC, product, -1);
      return;
    }
    add(SaeTensor.B_GATE, product, -1);
    float[] logarithms = sae.tensor(SaeTensor.R_MAG).toFloats();
    for (int i = 0; i < product.length; i++) {
      product[i] *= Math.exp(logarithms[i]);
    }
    add(SaeTensor.B_MAG, product, -1);
  }

  private void add(SaeTensor name, double[] vector, int sign) throws IOException {
    float[] sum =
        changed.containsKey(name) ? changed.get(name) : sae.tensor(name).toFloats().clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] = (float) (sum[i] + sign * vector[i]);
    }
    changed.put(name, sum);
  }

  private static double[] scaled(float[] vector, double factor) {
    double[] scaled = new double[vector.length];
    for (int i = 0; i < vector.length; i++) {
      scaled[i] = vector[i] * factor;
    }
    return scaled;
  }

  private double[] product(SaeTensor matrix, double[] vector) throws IOException {
    return RowMajorFloats.product(sae.tensor(matrix), vector);
  }
}
