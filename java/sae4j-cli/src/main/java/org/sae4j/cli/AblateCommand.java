package org.sae4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.sae4j.Ablation;
import org.sae4j.AblationControl;
import org.sae4j.AblationOptions;
import org.sae4j.HookPoint;
import org.sae4j.Model;
import org.sae4j.format.SaeSource;
import org.sae4j.results.EffectJson;
import org.sae4j.results.JsonDocument;
import org.sae4j.results.ModelDescription;
import org.sae4j.results.SaeNames;
import org.sae4j.results.plot.SparsityHistograms;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ablate}: how sparse the effects of latents are. */
@Command(
    name = "ablate",
    description = {
      "Sets each active latent to zero in turn and measures how many of the following logits"
          + " change (Gao et al. 2024, section 4.5).",
      "For many effects, use --json FILE.jsonl. It has one JSON value per line: the document"
          + " without results, each effect as it is measured, and the results without effects."
    })
final class AblateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptionsMixin modelOptions;

  @Option(
      names = "--sae",
      required = true,
      paramLabel = "PATH",
      description =
          "An SAE in any format, or a folder of SAEs; may be repeated. SAEs of one activation"
              + " share the model's computation up to it.")
  private List<Path> paths;

  @Mixin private HookOption hook;
  @Mixin private InputOptions inputOptions;
  @Mixin private AblationOptionsMixin ablation;
  @Mixin private PositionOptions positions;
  @Mixin private SaeOverrideOptions overrides;
  @Mixin private JsonOption json;
  @Mixin private PlotOption plot;

  @Option(
      names = "--resume",
      description =
          "Continue the interrupted run of --json FILE.jsonl, to the same results. If there is"
              + " none, start one.")
  private boolean resume;

  @Override
  public Integer call() throws IOException {
    List<SaeSource> sources = SaePaths.expand(paths, spec.commandLine().getErr());
    paths = sources.stream().map(SaeSource::path).toList();
    requireSense();
    json.requireWritable();
    plot.requireWritable();
    SaeHeaders headers = SaeHeaders.read(sources, overrides, hook, spec.commandLine().getErr());
    try (Model model = modelOptions.open()) {
      for (HookPoint point : headers.hooks()) {
        modelOptions.require(point, model);
      }
      Input input = inputOptions.read(model, headers.configs());
      CountedCorpus corpus = new CountedCorpus(input.corpus());
      try (OpenSaes saes = OpenSaes.open(headers.files(), model);
          EffectsOutput output = output(model, headers, input, corpus)) {
        SelfTests.run(
            model,
            saes.list(),
            hook.given(),
            input.corpus(),
            positions.counted(),
            modelOptions.session(),
            spec.commandLine().getErr());
        return run(model, headers, saes, input, corpus, output);
      }
    }
  }

  private void requireSense() {
    ablation.requireSense();
    if (resume && !json.isLines()) {
      throw new ParameterException(spec.commandLine(), "--resume is for --json FILE.jsonl");
    }
    Set<Path> distinct = new HashSet<>();
    for (Path path : paths) {
      if (!distinct.add(path)) {
        throw new ParameterException(spec.commandLine(), "--sae: twice " + path);
      }
    }
  }

  private EffectsOutput output(Model model, SaeHeaders headers, Input input, CountedCorpus corpus)
      throws IOException {
    if (!json.wanted()) {
      return EffectsOutput.none();
    }
    CountedDocument document = new CountedDocument(document(model, headers, input), input, corpus);
    if (!json.isLines()) {
      return new EffectsInDocument(json, document, paths);
    }
    EffectJson format = new EffectJson(paths, options().control());
    return resume
        ? EffectLines.resume(json.file(), document, format, paths)
        : EffectLines.begin(json.file(), document, format, paths);
  }

  private AblationOptions options() {
    AblationOptions options =
        ablation.options(positions, plot.wanted()).withThreads(modelOptions.threads());
    return hook.given().map(options::withHook).orElse(options);
  }

  private int run(
      Model model,
      SaeHeaders headers,
      OpenSaes saes,
      Input input,
      CountedCorpus corpus,
      EffectsOutput output)
      throws IOException {
    StrongestEffects strongest = new StrongestEffects(options().control());
    SparsityHistograms histograms = new SparsityHistograms(names());
    AblationFindings findings =
        AblationFindings.of(
            Ablation.of(model, saes.list()).with(options()),
            corpus,
            output,
            strongest.andThen(histograms));
    // What was done is written even so, and writing heeds interrupts.
    boolean interrupted = Thread.interrupted();
    try {
      print(model, headers, description(input, corpus), findings, strongest);
      output.write(findings);
      plot.write(histograms, options().future(), json.text());
      return exitCode(findings);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static String description(Input input, CountedCorpus corpus) throws IOException {
    CountedCorpus.Count count = corpus.count();
    return input.description(count.sequences(), count.tokens());
  }

  /** What the effects of each SAE are of, as the plot calls them. */
  private List<String> names() {
    String things = AblationTable.thing(options().control()) + "s";
    return paths.size() == 1
        ? List.of(things)
        : IntStream.range(0, paths.size())
            .mapToObj(
                i ->
                    "%s %s of %s".formatted(SaeNames.number(i), things, paths.get(i).getFileName()))
            .toList();
  }

  private int exitCode(AblationFindings findings) {
    PrintWriter err = spec.commandLine().getErr();
    if (findings.interruption().isPresent()) {
      err.printf(
          "%s: %s; the results cover what was done%s%n",
          spec.qualifiedName(),
          findings.interruption().get(),
          json.isLines() ? ", and --resume goes on" : "");
      return ExitCode.INTERRUPTED;
    }
    Set<String> undefined = findings.undefined();
    if (!undefined.isEmpty()) {
      err.println("undefined results: " + String.join(", ", undefined));
      return ExitCode.FAILED;
    }
    return ExitCode.DONE;
  }

  private void print(
      Model model,
      SaeHeaders headers,
      String input,
      AblationFindings findings,
      StrongestEffects strongest) {
    PrintWriter out = json.text();
    AblationOptions options = options();
    out.println("Model     " + modelOptions.path() + ": " + ModelDescription.text(model.shape()));
    headers.print(out);
    out.println("Input     " + input);
    out.printf(
        Locale.ROOT,
        "Tokens    %s%s%n",
        options.sample().map(sample -> sample + " of ").orElse(""),
        options.positions());
    out.printf(
        Locale.ROOT,
        "Ablated   %s; %s, %d threads%n",
        ablation.text(),
        PrecisionName.of(model.options().precision()),
        options.threads());
    if (options.compared().isPresent()) {
      out.println("          and as many channels at each token, evenly spaced, to compare with");
    }
    AblationTable.print(model, findings, strongest, out);
  }

  /** The document but for the tokens and the results. */
  private JsonDocument document(Model model, SaeHeaders headers, Input input) throws IOException {
    JsonDocument document = new JsonDocument("ablate");
    document.option("hook", headers.hookNames());
    ablation.describe(document);
    document.option("compared_with", options().compared().map(AblationControl::toString));
    modelOptions.describe(document);
    overrides.describe(document);
    positions.describe(document);
    input.describe(document);
    document.input(modelOptions.input(model));
    headers.describe(document);
    return document;
  }
}
