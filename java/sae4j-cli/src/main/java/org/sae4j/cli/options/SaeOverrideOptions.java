package org.sae4j.cli.options;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import org.sae4j.arch.HookNormalized;
import org.sae4j.format.FormatException;
import org.sae4j.format.Normalization;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.sae.SaeFile;
import org.sae4j.format.sae.SaeFormats;
import org.sae4j.format.sae.SaeSource;
import org.sae4j.results.JsonDocument;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options that correct or complete what an SAE's file says. */
public final class SaeOverrideOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--normalize",
      paramLabel = "KIND",
      converter = NormalizationConverter.class,
      completionCandidates = NormalizationConverter.class,
      description =
          "The normalisation of the SAE's input, instead of the file's: ${COMPLETION-CANDIDATES}.")
  private Optional<Normalization> normalization = Optional.empty();

  @Option(
      names = "--scale",
      paramLabel = "X",
      description = "The constant of expected_average_only_in, if the file lacks it.")
  private Optional<Double> scale = Optional.empty();

  @Option(
      names = "--hook-normalized",
      paramLabel = "SIDE",
      converter = HookNormalizedConverter.class,
      completionCandidates = HookNormalizedConverter.class,
      description =
          "What a SAELens configuration means by a layer norm's hook_normalized: its value before"
              + " or after the norm's weight and bias (${COMPLETION-CANDIDATES}).")
  private Optional<HookNormalized> hookNormalized = Optional.empty();

  @Option(
      names = "--centred",
      arity = "0",
      description =
          "The SAE was trained on a mean-centred residual stream: subtract each token's mean over"
              + " the width before the SAE and add it back after it.")
  private boolean centred;

  @Option(
      names = "--transcoder",
      negatable = true,
      arity = "0",
      description =
          "Whether a sparsify folder is a transcoder, if its cfg.json has no key transcode.")
  private Boolean transcoder;

  /** Reads what an SAE's file says, but not its weights. */
  public SaeFile read(SaeSource source) throws IOException {
    Path path = source.path();
    if (Files.notExists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    SaeFile file = SaeFormats.read(source, overrides());
    requireScale(path, file.config());
    return file;
  }

  /** Tells whether the user knows anything better. */
  public boolean given() {
    return normalization.isPresent()
        || scale.isPresent()
        || hookNormalized.isPresent()
        || centred
        || transcoder != null;
  }

  private static void requireScale(Path path, SaeConfig config) throws FormatException {
    boolean scaled = config.normalization() == Normalization.EXPECTED_AVERAGE_ONLY_IN;
    if (scaled && config.scale().isEmpty()) {
      throw FormatException.of(
          path,
          "normalisation expected_average_only_in without its constant; give it with --scale, or"
              + " --normalize none if it is folded into the weights");
    }
  }

  private SaeOverrides overrides() {
    OptionalDouble constant = scale.map(OptionalDouble::of).orElse(OptionalDouble.empty());
    try {
      return new SaeOverrides(
          normalization,
          constant,
          hookNormalized,
          centred ? Optional.of(true) : Optional.empty(),
          Optional.ofNullable(transcoder));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), "--scale: " + e.getMessage());
    }
  }

  /** Writes down these options. */
  public void describe(JsonDocument document) {
    document
        .option("normalize", normalization.map(Normalization::key))
        .option("scale", scale)
        .option("hook_normalized", hookNormalized.map(HookNormalized::key))
        .option("centred", centred)
        .option("transcoder", Optional.ofNullable(transcoder));
  }
}
