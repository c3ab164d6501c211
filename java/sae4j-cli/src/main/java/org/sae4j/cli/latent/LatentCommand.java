package org.sae4j.cli.latent;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.sae4j.Sae;
import org.sae4j.cli.options.CountConverter;
import org.sae4j.cli.options.IndexConverter;
import org.sae4j.cli.options.LatentLimit;
import org.sae4j.cli.options.SaeHeaders;
import org.sae4j.cli.options.SaePaths;
import org.sae4j.cli.study.CheckpointedCommand;
import org.sae4j.cli.study.Study;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.cli.terminal.ProgressDisplay;
import org.sae4j.format.sae.SaeSource;
import org.sae4j.latents.LatentChoice;
import org.sae4j.latents.LatentStudy;
import org.sae4j.latents.LatentStudyOptions;
import org.sae4j.latents.LatentStudyResult;
import org.sae4j.results.JsonDocument;
import org.sae4j.results.LatentJson;
import org.sae4j.tokens.Positions;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code latent}: shows what latents respond to and which logits they change. */
@Command(
    name = "latent",
    description = {
      "Shows where in a text latents are most active, how often they fire, and which tokens they"
          + " promote and suppress.",
      "An activation within the window of a stronger one is not shown. Promoted and suppressed"
          + " tokens come from the latent's decoder direction, put through the unembedding."
    })
public final class LatentCommand extends CheckpointedCommand {
  @Option(
      names = "--sae",
      order = -2,
      required = true,
      paramLabel = "PATH",
      description = "An SAE in any format.")
  private Path path;

  @ArgGroup private Which which = new Which();

  /** Which latents. */
  static final class Which {
    @Option(
        names = "--latent",
        paramLabel = "I",
        converter = IndexConverter.class,
        description = "The index of a latent, counting from 0; may be repeated.")
    private List<Integer> given = List.of();

    @Option(
        names = "--latents",
        paramLabel = "all|N",
        converter = LatentLimit.Converter.class,
        description =
            "All latents, or the N that fire at the most tokens (default: 10, if --latent is not"
                + " given).")
    private LatentLimit limit = new LatentLimit(OptionalInt.of(10));
  }

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "20",
      converter = CountConverter.class,
      description = "Show the N strongest contexts of each latent (default: ${DEFAULT-VALUE}).")
  private int top;

  @Option(
      names = "--window",
      paramLabel = "N",
      defaultValue = "10",
      converter = IndexConverter.class,
      description =
          "Show N tokens on either side of the activating one (default: ${DEFAULT-VALUE}).")
  private int window;

  @Option(
      names = "--skip-first-count",
      description = "Leave each sequence's first token out of contexts and densities.")
  private boolean skipFirst;

  @Override
  protected List<SaeSource> sources() throws IOException {
    return List.of(SaePaths.one(path, spec.commandLine()));
  }

  @Override
  protected void require(SaeHeaders saes) {
    int latents = saes.configs().get(0).dSae();
    for (int latent : which.given) {
      if (latent >= latents) {
        throw new ParameterException(
            spec.commandLine(),
            "--latent: expected 0 to %d, found %d".formatted(latents - 1, latent));
      }
    }
  }

  @Override
  protected int run(Study study, List<Sae> saes, JsonDocument document) throws IOException {
    LatentStudyResult result = study(study, saes.get(0));
    print(study, result);
    write(
        document,
        study,
        result.sequences(),
        result.tokensRun(),
        () -> LatentJson.of(study.saes().paths().get(0), study.model(), result));
    return ExitCode.DONE;
  }

  private LatentStudyResult study(Study study, Sae sae) throws IOException {
    LatentStudyOptions options =
        LatentStudyOptions.defaults()
            .withLatents(choice())
            .withContexts(top)
            .withWindow(window)
            .withCounted(counted())
            .withThreads(modelOptions.threads());
    try (ProgressDisplay progress = ProgressDisplay.ofTokens("latent")) {
      LatentStudy latents =
          LatentStudy.of(study.model(), sae)
              .with(hook.given().map(options::withHook).orElse(options))
              .onProgress(progress::update);
      return resume.checkpoint().map(latents::resuming).orElse(latents).run(study.input().corpus());
    }
  }

  private Positions counted() {
    return skipFirst ? Positions.allButFirst() : Positions.all();
  }

  private LatentChoice choice() {
    if (!which.given.isEmpty()) {
      return LatentChoice.of(which.given.stream().distinct().mapToInt(i -> i).toArray());
    }
    return which.limit.most().isPresent()
        ? LatentChoice.mostActive(which.limit.most().getAsInt())
        : LatentChoice.all();
  }

  private void print(Study study, LatentStudyResult result) {
    PrintWriter out = json.text();
    study.printModel(modelOptions, out);
    study.saes().print(out);
    study.printInput(result.sequences(), result.tokensRun(), out);
    out.printf("Tokens    counted: %s; %s%n", counted(), modelOptions.arithmetic());
    LatentTable.print(study.model(), result, out);
  }

  @Override
  protected void describe(Study study, JsonDocument document) {
    document
        .option("hook", study.saes().hookNames())
        .option("latent", Optional.of(which.given).filter(given -> !given.isEmpty()))
        .option("latents", Optional.of(which.limit.toString()).filter(all -> which.given.isEmpty()))
        .option("top", top)
        .option("window", window)
        .option("skip_first_count", skipFirst);
  }
}
