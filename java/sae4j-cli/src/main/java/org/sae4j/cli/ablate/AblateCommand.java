package org.sae4j.cli.ablate;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import org.sae4j.ablation.Ablation;
import org.sae4j.ablation.AblationControl;
import org.sae4j.ablation.AblationOptions;
import org.sae4j.cli.options.OpenSaes;
import org.sae4j.cli.options.PositionOptions;
import org.sae4j.cli.options.SaePaths;
import org.sae4j.cli.study.Study;
import org.sae4j.cli.study.StudyCommand;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.format.sae.SaeSource;
import org.sae4j.results.EffectJson;
import org.sae4j.results.JsonDocument;
import org.sae4j.results.SaeNames;
import org.sae4j.results.plot.SparsityHistograms;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code ablate}: measures how sparse the effects of latents are. */
@Command(
    name = "ablate",
    description = {
      "Sets each active latent to zero in turn and measures how many of the following logits"
          + " change (Gao et al. 2024, section 4.5).",
      "For many effects, use --json FILE.jsonl. It has one JSON value per line: the document"
          + " without results, each effect as it is measured, and the results without effects."
    })
public final class AblateCommand extends StudyCommand {
  @Option(
      names = "--sae",
      order = -2,
      required = true,
      paramLabel = "PATH",
      description =
          "An SAE in any format, or a folder of SAEs; may be repeated. SAEs of one activation"
              + " share the model's computation up to it.")
  private List<Path> paths;

  @Mixin private AblationOptionsMixin ablation;
  @Mixin private PositionOptions positions;
  @Mixin private PlotOption plot;

  @Option(
      names = "--resume",
      description =
          "Continue the interrupted run of --json FILE.jsonl, to the same results. If there is"
              + " none, start one.")
  private boolean resume;

  @Override
  protected void requireSense() throws IOException {
    ablation.requireSense();
    if (resume && !json.isLines()) {
      throw wrongUsage("--resume is for --json FILE.jsonl");
    }
    plot.requireWritable();
  }

  @Override
  protected List<SaeSource> sources() throws IOException {
    List<SaeSource> sources = SaePaths.expand(paths, err());
    Set<Path> distinct = new HashSet<>();
    for (SaeSource source : sources) {
      if (!distinct.add(source.path())) {
        throw wrongUsage("--sae: twice " + source.path());
      }
    }
    return sources;
  }

  private ParameterException wrongUsage(String problem) {
    return new ParameterException(spec.commandLine(), problem);
  }

  @Override
  protected int run(Study study) throws IOException {
    CountedCorpus corpus = new CountedCorpus(study.input().corpus());
    try (OpenSaes saes = open(study);
        EffectsOutput output = output(study, corpus)) {
      check(study, saes.list(), positions.counted());
      return run(study, saes, corpus, output);
    }
  }

  private EffectsOutput output(Study study, CountedCorpus corpus) throws IOException {
    if (!json.wanted()) {
      return EffectsOutput.none();
    }
    List<Path> saes = study.saes().paths();
    CountedDocument document = new CountedDocument(document(study), study.input(), corpus);
    if (!json.isLines()) {
      return new EffectsInDocument(json, document, saes);
    }
    EffectJson format = new EffectJson(saes, options().control());
    return resume
        ? EffectLines.resume(json.file(), document, format, saes)
        : EffectLines.begin(json.file(), document, format, saes);
  }

  private AblationOptions options() {
    AblationOptions options =
        ablation.options(positions, plot.wanted()).withThreads(modelOptions.threads());
    return hook.given().map(options::withHook).orElse(options);
  }

  private int run(Study study, OpenSaes saes, CountedCorpus corpus, EffectsOutput output)
      throws IOException {
    StrongestEffects strongest = new StrongestEffects(options().control());
    SparsityHistograms histograms = new SparsityHistograms(names(study.saes().paths()));
    AblationFindings findings =
        AblationFindings.of(
            Ablation.of(study.model(), saes.list()).with(options()),
            corpus,
            output,
            strongest.andThen(histograms));
    // What was done is written even so, and writing heeds interrupts.
    boolean interrupted = Thread.interrupted();
    try {
      print(study, corpus.count(), findings, strongest);
      output.write(findings);
      plot.write(histograms, options().future(), json.text());
      return exitCode(findings);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** What the effects of each SAE are of, as the plot calls them. */
  private List<String> names(List<Path> saes) {
    String things = AblationTable.thing(options().control()) + "s";
    return saes.size() == 1
        ? List.of(things)
        : IntStream.range(0, saes.size())
            .mapToObj(
                i -> "%s %s of %s".formatted(SaeNames.number(i), things, saes.get(i).getFileName()))
            .toList();
  }

  private int exitCode(AblationFindings findings) {
    if (findings.interruption().isPresent()) {
      err()
          .printf(
              "%s: %s; the results cover what was done%s%n",
              spec.qualifiedName(),
              findings.interruption().get(),
              json.isLines() ? ", and --resume goes on" : "");
      return ExitCode.INTERRUPTED;
    }
    return ExitCode.of(findings.undefined(), err());
  }

  private void print(
      Study study,
      CountedCorpus.Count count,
      AblationFindings findings,
      StrongestEffects strongest) {
    PrintWriter out = json.text();
    AblationOptions options = options();
    study.printModel(modelOptions, out);
    study.saes().print(out);
    study.printInput(count.sequences(), count.tokens(), out);
    out.printf(
        Locale.ROOT,
        "Tokens    %s%s%n",
        options.sample().map(sample -> sample + " of ").orElse(""),
        options.positions());
    out.printf("Ablated   %s; %s%n", ablation.text(), modelOptions.arithmetic());
    if (options.compared().isPresent()) {
      out.println("          and as many channels at each token, evenly spaced, to compare with");
    }
    AblationTable.print(study.model(), findings, strongest, out);
  }

  @Override
  protected void describe(Study study, JsonDocument document) {
    document.option("hook", study.saes().hookNames());
    ablation.describe(document);
    document.option("compared_with", options().compared().map(AblationControl::toString));
    positions.describe(document);
  }
}
