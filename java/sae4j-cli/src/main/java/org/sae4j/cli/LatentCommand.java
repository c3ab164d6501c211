package org.sae4j.cli;

import java.io.Closeable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.sae4j.LatentChoice;
import org.sae4j.LatentStudy;
import org.sae4j.LatentStudyOptions;
import org.sae4j.LatentStudyResult;
import org.sae4j.Model;
import org.sae4j.Positions;
import org.sae4j.Sae;
import org.sae4j.SaeConfig;
import org.sae4j.format.SaeSource;
import org.sae4j.results.JsonDocument;
import org.sae4j.results.LatentJson;
import org.sae4j.results.ModelDescription;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code latent}: what latents respond to, and what they do to the logits. */
@Command(
    name = "latent",
    description = {
      "Shows where in a text latents are most active, how often they fire, and which tokens they"
          + " promote and suppress.",
      "An activation within the window of a stronger one is not shown. Promoted and suppressed"
          + " tokens come from the latent's decoder direction, put through the unembedding."
    })
final class LatentCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptionsMixin modelOptions;

  @Option(
      names = "--sae",
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

  @Mixin private HookOption hook;
  @Mixin private InputOptions inputOptions;
  @Mixin private SaeOverrideOptions overrides;
  @Mixin private JsonOption json;
  @Mixin private ResumeOptions resume;

  @Override
  public Integer call() throws IOException {
    json.requireWritable();
    resume.requireSense(json);
    SaeSource source = SaePaths.one(path, spec.commandLine());
    path = source.path();
    SaeHeaders headers =
        SaeHeaders.read(List.of(source), overrides, hook, spec.commandLine().getErr());
    requireLatents(headers.configs().get(0));
    try (Model model = modelOptions.open()) {
      modelOptions.require(headers.hooks().get(0), model);
      Input input = inputOptions.read(model, headers.configs());
      JsonDocument document = document(model, headers, input);
      try (Closeable reserved = resume.prepare(json, document, input);
          Sae sae = Sae.open(headers.files().get(0), model)) {
        LatentStudyResult result = study(model, sae, input);
        print(model, headers, input, result);
        if (json.wanted()) {
          input.files(result.sequences(), result.tokensRun()).forEach(document::input);
          json.write(document.results(LatentJson.of(path, model, result)));
        }
        resume.done();
        return ExitCode.DONE;
      } catch (CancellationException e) {
        return resume.interrupted(e);
      }
    }
  }

  private void requireLatents(SaeConfig sae) {
    for (int latent : which.given) {
      if (latent >= sae.dSae()) {
        throw new ParameterException(
            spec.commandLine(),
            "--latent: expected 0 to %d, found %d".formatted(sae.dSae() - 1, latent));
      }
    }
  }

  private LatentStudyResult study(Model model, Sae sae, Input input) throws IOException {
    LatentStudyOptions options =
        LatentStudyOptions.defaults()
            .withLatents(choice())
            .withContexts(top)
            .withWindow(window)
            .withCounted(skipFirst ? Positions.allButFirst() : Positions.all())
            .withThreads(modelOptions.threads());
    try (ProgressDisplay progress = ProgressDisplay.ofTokens("latent")) {
      LatentStudy study =
          LatentStudy.of(model, sae)
              .with(hook.given().map(options::withHook).orElse(options))
              .onProgress(progress::update);
      return resume.checkpoint().map(study::resuming).orElse(study).run(input.corpus());
    }
  }

  private LatentChoice choice() {
    if (!which.given.isEmpty()) {
      return LatentChoice.of(which.given.stream().distinct().mapToInt(i -> i).toArray());
    }
    return which.limit.most().isPresent()
        ? LatentChoice.mostActive(which.limit.most().getAsInt())
        : LatentChoice.all();
  }

  private void print(Model model, SaeHeaders headers, Input input, LatentStudyResult result) {
    PrintWriter out = json.text();
    LatentStudyOptions options = result.options();
    out.println("Model     " + modelOptions.path() + ": " + ModelDescription.text(model.shape()));
    headers.print(out);
    out.println("Input     " + input.description(result.sequences(), result.tokensRun()));
    out.printf(
        Locale.ROOT,
        "Tokens    counted: %s; %s, %d threads%n",
        options.counted(),
        PrecisionName.of(model.options().precision()),
        options.threads());
    LatentTable.print(model, result, out);
  }

  /** The document but for the tokens and the results. */
  private JsonDocument document(Model model, SaeHeaders headers, Input input) throws IOException {
    JsonDocument document = new JsonDocument("latent");
    if (!json.wanted()) {
      return document;
    }
    document
        .option("hook", headers.hookNames())
        .option("latent", Optional.of(which.given).filter(given -> !given.isEmpty()))
        .option("latents", Optional.of(which.limit.toString()).filter(all -> which.given.isEmpty()))
        .option("top", top)
        .option("window", window)
        .option("skip_first_count", skipFirst);
    modelOptions.describe(document);
    overrides.describe(document);
    input.describe(document);
    document.input(modelOptions.input(model));
    headers.describe(document);
    return document;
  }
}
