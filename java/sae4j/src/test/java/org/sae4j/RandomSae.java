package org.sae4j;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import org.sae4j.arch.HookPoint;
import org.sae4j.format.Activation;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeTensor;

/** SAEs in memory, most of them with random weights. */
public final class RandomSae {
  private static final String FORMAT = "random";

  private RandomSae() {}

  /** TopK with {@code k} of {@code latents}, scaled by decoder norms, and a large decoder bias. */
  public static Sae topK(int width, int latents, int k, UnaryOperator<SaeConfig.Builder> more) {
    SaeConfig.Builder sae =
        SaeConfig.builder(FORMAT, width, latents, new Activation.TopK(k))
            .applyBDecToInput(true)
            .rescaleActsByDecoderNorm(true);
    return gaussian(more.apply(sae).build(), false);
  }

  /** TopK as above of activations that are not normalised. */
  public static Sae topK(int width, int latents, int k) {
    return topK(width, latents, k, UnaryOperator.identity());
  }

  /** ReLU, about half of whose latents are active. */
  public static Sae relu(int width, int latents) {
    return gaussian(standard(new Activation.Relu(), width, latents), false);
  }

  /** ReLU whose latents are zero whatever it reads, so that its output is all ones. */
  static Sae silent(int width, int latents) {
    return filled(
        standard(new Activation.Relu(), width, latents),
        Map.of(SaeTensor.W_DEC, 1f, SaeTensor.B_ENC, -1f, SaeTensor.B_DEC, 1f));
  }

  /** ReLU whose output is zero whatever it reads. */
  public static Sae zero(int width, int latents) {
    return filled(standard(new Activation.Relu(), width, latents), Map.of());
  }

  /** Weights so large that products with ordinary numbers leave the range of floats. */
  static Sae steep(Activation activation, int width, int latents) {
    return filled(
        standard(activation, width, latents), Map.of(SaeTensor.W_ENC, 1e30f, SaeTensor.W_DEC, 1f));
  }

  /** A ReLU transcoder with a skip connection. */
  public static Sae skipTranscoder(
      HookPoint in, int width, int latents, HookPoint out, int widthOut) {
    return gaussian(
        SaeConfig.builder(FORMAT, width, latents, new Activation.Relu())
            .dOut(widthOut)
            .hookName(in.name())
            .hookNameOut(out.name())
            .build(),
        true);
  }

  /** TopK with {@code k} of {@code latents}, and a skip connection. */
  static Sae skip(HookPoint hook, int width, int latents, int k) {
    return gaussian(
        SaeConfig.builder(FORMAT, width, latents, new Activation.TopK(k))
            .applyBDecToInput(true)
            .hookName(hook.name())
            .build(),
        true);
  }

  private static SaeConfig standard(Activation activation, int width, int latents) {
    return SaeConfig.builder(FORMAT, width, latents, activation).applyBDecToInput(true).build();
  }

  private static Sae gaussian(SaeConfig config, boolean skip) {
    return gaussian(
        config,
        skip,
        tensor ->
            switch (tensor) {
              case W_ENC, W_DEC -> 0.5;
              case W_SKIP -> 0.3;
              case B_ENC -> 0.1;
              default -> 1;
            });
  }

  /** Normally distributed weights, each tensor's with its own deviation; the encoder by columns. */
  static Sae gaussian(SaeConfig config, boolean skip, ToDoubleFunction<SaeTensor> deviation) {
    SplittableRandom random = new SplittableRandom(config.dIn() * 31L + config.dSae());
    return of(
        config,
        skip,
        tensor -> {
          float[] values = new float[Math.toIntExact(tensor.length(config))];
          int n = config.dSae();
          for (int i = 0; i < values.length; i++) {
            int at = tensor == SaeTensor.W_ENC ? i % n * config.dIn() + i / n : i;
            values[at] = (float) (deviation.applyAsDouble(tensor) * random.nextGaussian());
          }
          return values;
        });
  }

  private static Sae filled(SaeConfig config, Map<SaeTensor, Float> fills) {
    return of(
        config,
        false,
        tensor -> {
          float[] values = new float[Math.toIntExact(tensor.length(config))];
          Arrays.fill(values, fills.getOrDefault(tensor, 0f));
          return values;
        });
  }

  private static Sae of(SaeConfig config, boolean skip, Function<SaeTensor, float[]> values) {
    Set<SaeTensor> tensors = SaeTensor.of(config.activation());
    if (skip) {
      tensors.add(SaeTensor.W_SKIP);
    }
    Map<SaeTensor, float[]> weights = new EnumMap<>(SaeTensor.class);
    tensors.forEach(tensor -> weights.put(tensor, values.apply(tensor)));
    return Sae.of(config, weights);
  }
}
