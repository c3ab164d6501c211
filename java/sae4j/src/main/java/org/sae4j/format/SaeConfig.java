package org.sae4j.format;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What one sparse autoencoder computes, and where, whatever the format of its file.
 *
 * <p>{@link #builder} makes one by name.
 *
 * @param format the format of the file, for people: {@code OpenAI}, {@code SAELens}
 * @param dIn the width of the activation that it reads
 * @param dOut the width of the activation that its output replaces: dIn unless it is a transcoder
 * @param dSae the number of latents
 * @param activation how pre-activations become latents
 * @param normalization what happens to the input before encoding and is undone after decoding
 * @param scale the constant of {@link Normalization#EXPECTED_AVERAGE_ONLY_IN}; empty when it has to
 *     be given or measured first, and for every other normalisation
 * @param applyBDecToInput whether the encoder sees the input less the decoder bias
 * @param rescaleActsByDecoderNorm whether pre-activations are multiplied by the norms of the
 *     decoder rows before the activation, and latents divided by them before decoding
 * @param centreInput whether the mean over the width is subtracted before the SAE and added back
 *     after it, because the SAE was trained on a model with a centred residual stream
 * @param valueBiases where the value biases are if the SAE reads or replaces {@code attn.hook_z}
 * @param hookName the activation that the SAE was trained on, as {@link org.sae4j.arch.HookPoint}
 *     spells it
 * @param hookNameOut the activation that a transcoder's output replaces; empty for an SAE, whose
 *     output replaces what it reads
 * @param contextSize the number of tokens in a training sequence
 * @param prependBos whether training sequences began with the beginning-of-sequence token
 * @param modelName the model that the SAE was trained on
 * @param assumptions everything about this SAE that was assumed rather than read from its file
 */
public record SaeConfig(
    String format,
    int dIn,
    int dOut,
    int dSae,
    Activation activation,
    Normalization normalization,
    OptionalDouble scale,
    boolean applyBDecToInput,
    boolean rescaleActsByDecoderNorm,
    boolean centreInput,
    ValueBiases valueBiases,
    Optional<String> hookName,
    Optional<String> hookNameOut,
    OptionalInt contextSize,
    Optional<Boolean> prependBos,
    Optional<String> modelName,
    List<String> assumptions) {

  public SaeConfig {
    Objects.requireNonNull(format, "format");
    Objects.requireNonNull(activation, "activation");
    Objects.requireNonNull(normalization, "normalization");
    Objects.requireNonNull(scale, "scale");
    Objects.requireNonNull(valueBiases, "valueBiases");
    Objects.requireNonNull(hookName, "hookName");
    Objects.requireNonNull(hookNameOut, "hookNameOut");
    Objects.requireNonNull(contextSize, "contextSize");
    Objects.requireNonNull(prependBos, "prependBos");
    Objects.requireNonNull(modelName, "modelName");
    assumptions = List.copyOf(assumptions);
    if (dIn < 1 || dOut < 1 || dSae < 1) {
      throw new IllegalArgumentException("no SAE has widths " + dIn + ", " + dOut + " and " + dSae);
    }
    if (dOut != dIn && hookNameOut.isEmpty()) {
      throw new IllegalArgumentException(
          "an SAE of input width " + dIn + " and output width " + dOut + " needs an output hook");
    }
    if (dOut != dIn && applyBDecToInput) {
      throw new IllegalArgumentException(
          "a decoder bias of width " + dOut + " cannot be subtracted from width " + dIn);
    }
    if (activation instanceof Activation.TopK topK && topK.k() > dSae) {
      throw new IllegalArgumentException("k " + topK.k() + " exceeds the latents, " + dSae);
    }
    if (activation instanceof Activation.GroupMax groups && dSae % groups.k() != 0) {
      throw new IllegalArgumentException(
          dSae + " latents cannot be divided into " + groups.k() + " groups");
    }
    if (scale.isPresent() && normalization != Normalization.EXPECTED_AVERAGE_ONLY_IN) {
      throw new IllegalArgumentException(normalization.key() + " has no scale");
    }
  }

  /** Tells whether the output replaces another activation than the one that is read. */
  public boolean isTranscoder() {
    return hookNameOut.isPresent();
  }

  /** The same SAE as if its input were not normalised. */
  public SaeConfig withoutNormalization() {
    return new SaeConfig(
        format,
        dIn,
        dOut,
        dSae,
        activation,
        Normalization.NONE,
        OptionalDouble.empty(),
        applyBDecToInput,
        rescaleActsByDecoderNorm,
        centreInput,
        valueBiases,
        hookName,
        hookNameOut,
        contextSize,
        prependBos,
        modelName,
        assumptions);
  }

  /**
   * Begins an SAE whose output replaces what it reads and that leaves its input as it is.
   *
   * @param dIn the width of what it reads, and of its output unless {@link Builder#dOut} says so
   * @param dSae the number of latents
   */
  public static Builder builder(String format, int dIn, int dSae, Activation activation) {
    return new Builder(format, dIn, dSae, activation);
  }

  /** Collects what an SAE computes; {@link #build} checks it. */
  public static final class Builder {
    private final String format;
    private final int dIn;
    private final int dSae;
    private final Activation activation;
    private int dOut;
    private Normalization normalization = Normalization.NONE;
    private OptionalDouble scale = OptionalDouble.empty();
    private boolean applyBDecToInput;
    private boolean rescaleActsByDecoderNorm;
    private boolean centreInput;
    private ValueBiases valueBiases = ValueBiases.KEPT;
    private Optional<String> hookName = Optional.empty();
    private Optional<String> hookNameOut = Optional.empty();
    private OptionalInt contextSize = OptionalInt.empty();
    private Optional<Boolean> prependBos = Optional.empty();
    private Optional<String> modelName = Optional.empty();
    private List<String> assumptions = List.of();

    private Builder(String format, int dIn, int dSae, Activation activation) {
      this.format = format;
      this.dIn = dIn;
      this.dOut = dIn;
      this.dSae = dSae;
      this.activation = activation;
    }

    /** The width of the activation that the output replaces. */
    public Builder dOut(int dOut) {
      this.dOut = dOut;
      return this;
    }

    /** What happens to the input before encoding; nothing by default. */
    public Builder normalization(Normalization normalization) {
      this.normalization = normalization;
      return this;
    }

    /** The constant of {@link Normalization#EXPECTED_AVERAGE_ONLY_IN}. */
    public Builder scale(double scale) {
      this.scale = OptionalDouble.of(scale);
      return this;
    }

    /** Whether the encoder sees the input less the decoder bias. */
    public Builder applyBDecToInput(boolean applyBDecToInput) {
      this.applyBDecToInput = applyBDecToInput;
      return this;
    }

    /** Whether pre-activations are multiplied by the norms of the decoder rows. */
    public Builder rescaleActsByDecoderNorm(boolean rescaleActsByDecoderNorm) {
      this.rescaleActsByDecoderNorm = rescaleActsByDecoderNorm;
      return this;
    }

    /** Whether the mean over the width is subtracted before the SAE. */
    public Builder centreInput(boolean centreInput) {
      this.centreInput = centreInput;
      return this;
    }

    /** Where the value biases are; in {@code attn.hook_z} by default. */
    public Builder valueBiases(ValueBiases valueBiases) {
      this.valueBiases = valueBiases;
      return this;
    }

    /** The activation that the SAE was trained on. */
    public Builder hookName(String hookName) {
      this.hookName = Optional.of(hookName);
      return this;
    }

    /** The activation that a transcoder's output replaces. */
    public Builder hookNameOut(String hookNameOut) {
      this.hookNameOut = Optional.of(hookNameOut);
      return this;
    }

    /** The number of tokens in a training sequence. */
    public Builder contextSize(int contextSize) {
      this.contextSize = OptionalInt.of(contextSize);
      return this;
    }

    /** Whether training sequences began with the beginning-of-sequence token. */
    public Builder prependBos(boolean prependBos) {
      this.prependBos = Optional.of(prependBos);
      return this;
    }

    /** The model that the SAE was trained on. */
    public Builder modelName(String modelName) {
      this.modelName = Optional.of(modelName);
      return this;
    }

    /** Everything that was assumed rather than read from a file. */
    public Builder assumptions(List<String> assumptions) {
      this.assumptions = assumptions;
      return this;
    }

    /**
     * Makes the configuration.
     *
     * @throws IllegalArgumentException if no SAE is like that
     */
    public SaeConfig build() {
      return new SaeConfig(
          format,
          dIn,
          dOut,
          dSae,
          activation,
          normalization,
          scale,
          applyBDecToInput,
          rescaleActsByDecoderNorm,
          centreInput,
          valueBiases,
          hookName,
          hookNameOut,
          contextSize,
          prependBos,
          modelName,
          assumptions);
    }
  }
}
