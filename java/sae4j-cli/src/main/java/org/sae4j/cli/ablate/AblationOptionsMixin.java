package org.sae4j.cli.ablate;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.sae4j.ablation.AblationBaseline;
import org.sae4j.ablation.AblationContext;
import org.sae4j.ablation.AblationControl;
import org.sae4j.ablation.AblationOptions;
import org.sae4j.ablation.TokenSample;
import org.sae4j.cli.options.CountConverter;
import org.sae4j.cli.options.IndexConverter;
import org.sae4j.cli.options.LatentLimit;
import org.sae4j.cli.options.PositionOptions;
import org.sae4j.results.JsonDocument;
import org.sae4j.tokens.Positions;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options that say what is ablated, where, and how effects are measured. */
final class AblationOptionsMixin {
  private static final int DEFAULT_SAMPLE = 16;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @ArgGroup private Where where = new Where();

  /** At which tokens. */
  static final class Where {
    @Option(
        names = "--position",
        paramLabel = "I",
        converter = IndexConverter.class,
        description = "Ablate at token index I of each sequence, counting from 0; may be repeated.")
    private List<Integer> positions = List.of();

    @Option(
        names = "--sample",
        paramLabel = "N",
        converter = CountConverter.class,
        description =
            "Ablate at N token indices, chosen at random from all sequences (default: "
                + DEFAULT_SAMPLE
                + ", if --position is not given).")
    private Optional<Integer> sample = Optional.empty();
  }

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Seed of --sample and of --control random (default: 0).")
  private Optional<Long> seed = Optional.empty();

  @Option(
      names = "--future",
      paramLabel = "T",
      defaultValue = "16",
      converter = CountConverter.class,
      description =
          "Measure at the token and the T - 1 tokens after it. Tokens with fewer left are skipped"
              + " (default: ${DEFAULT-VALUE}).")
  private int future;

  @Option(
      names = "--baseline",
      paramLabel = "reconstruction|error_preserving",
      defaultValue = "reconstruction",
      description =
          "What the base run has at the token: the SAE's reconstruction, or the activation itself"
              + " (default: ${DEFAULT-VALUE}).")
  private AblationBaseline baseline;

  @Option(
      names = "--context-mode",
      paramLabel = "clean|reconstructed",
      defaultValue = "clean",
      description = "What all runs have at the other tokens (default: ${DEFAULT-VALUE}).")
  private AblationContext context;

  @Option(
      names = "--control",
      paramLabel = "channels|random",
      converter = Control.Converter.class,
      description =
          "Ablate channels of the activation instead of latents, or random directions as long as"
              + " what the latents decode to.")
  private Optional<Control> control = Optional.empty();

  @Option(
      names = "--latents",
      paramLabel = "all|N",
      defaultValue = "all",
      converter = LatentLimit.Converter.class,
      description =
          "At each token, ablate the N active latents with the largest values, or N evenly spaced"
              + " channels (default: ${DEFAULT-VALUE}).")
  private LatentLimit latents;

  /** Refuses options that would do nothing. */
  void requireSense() {
    boolean seeded = isSampled() || control.equals(Optional.of(Control.RANDOM));
    if (seed.isPresent() && !seeded) {
      throw new ParameterException(
          command.commandLine(), "--seed is for --sample and --control random");
    }
  }

  /**
   * The library's options.
   *
   * @param compared whether channels are ablated besides, to compare with
   */
  AblationOptions options(PositionOptions tokens, boolean compared) {
    AblationOptions options =
        AblationOptions.defaults()
            .withPositions(positions(tokens))
            .withReconstructed(tokens.replaced())
            .withFuture(future)
            .withBaseline(baseline)
            .withContext(context)
            .withControl(control.map(this::control).orElse(AblationControl.none()));
    if (latents.most().isPresent()) {
      options = options.withMost(latents.most().getAsInt());
    }
    if (compared && !isOfChannels()) {
      options = options.withCompared(AblationControl.channels());
    }
    return isSampled() ? options.withSample(sample()) : options;
  }

  private boolean isSampled() {
    return where.positions.isEmpty();
  }

  private TokenSample sample() {
    return new TokenSample(where.sample.orElse(DEFAULT_SAMPLE), seed());
  }

  private long seed() {
    return seed.orElse(0L);
  }

  private AblationControl control(Control wanted) {
    return switch (wanted) {
      case CHANNELS -> AblationControl.channels();
      case RANDOM -> AblationControl.random(seed());
    };
  }

  /** A token that may not be replaced, or does not count, is not ablated either. */
  private Positions positions(PositionOptions tokens) {
    Positions all =
        isSampled()
            ? Positions.all()
            : Positions.of(where.positions.stream().mapToInt(Integer::intValue).toArray());
    boolean everywhere = tokens.replaced().equals(tokens.counted());
    Positions allowed = everywhere ? tokens.counted() : Positions.allButFirst();
    return allowed.equals(Positions.all()) ? all : allowed.and(all);
  }

  /** Writes down these options. */
  void describe(JsonDocument document) {
    Optional<TokenSample> sample = isSampled() ? Optional.of(sample()) : Optional.empty();
    document
        .option("position", Optional.of(where.positions).filter(given -> !given.isEmpty()))
        .option("sample", sample.map(TokenSample::count))
        .option("seed", seed())
        .option("future", future)
        .option("baseline", baseline())
        .option("context_mode", key(context))
        .option("control", control.map(AblationOptionsMixin::key))
        .option("latents", latents.toString());
  }

  /** In words: the run that ablated channels are compared with is the clean one. */
  private String baseline() {
    return isOfChannels() ? "clean" : key(baseline);
  }

  private boolean isOfChannels() {
    return control.equals(Optional.of(Control.CHANNELS));
  }

  /** How ablation is done, in a few words. */
  String text() {
    return "%s; T = %d, baseline %s, context %s"
        .formatted(things(), future, baseline(), key(context));
  }

  private String things() {
    if (isOfChannels()) {
      return "channels: " + latents;
    }
    String latent = "active latents: " + latents;
    return control.isPresent() ? "a random direction for each of the " + latent : latent;
  }

  private static String key(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
