package org.sae4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.sae4j.Ablation;
import org.sae4j.AblationOptions;
import org.sae4j.AblationSummary;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.format.SaeFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ablate}: how sparse the effects of latents are. */
@Command(
    name = "ablate",
    description = {
      "Sets each active latent to zero in turn and measures how many of the following logits that"
          + " moves, as Gao et al. 2024 do in section 4.5."
    })
final class AblateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptionsMixin modelOptions;

  @Option(
      names = "--sae",
      required = true,
      paramLabel = "PATH",
      description = "An SAE: OpenAI .pt file or SAELens folder.")
  private Path path;

  @Mixin private HookOption hook;
  @Mixin private InputOptions inputOptions;
  @Mixin private AblationOptionsMixin ablation;
  @Mixin private PositionOptions positions;
  @Mixin private SaeOverrideOptions overrides;
  @Mixin private JsonOption json;

  @Override
  public Integer call() throws IOException {
    ablation.requireSense();
    json.requireWritable();
    SaeFile file = overrides.read(path);
    hook.of(file);
    Assumptions.print(path, file.config(), spec.commandLine().getErr());
    try (Model model = modelOptions.open()) {
      modelOptions.require(hook.of(file), model);
      Input input = inputOptions.read(model, List.of(file.config()));
      try (Sae sae = overrides.open(path)) {
        AblationFindings findings = run(model, sae, input);
        // What was done is written even so, and writing heeds interrupts.
        boolean interrupted = Thread.interrupted();
        try {
          return report(model, file, input, findings);
        } finally {
          if (interrupted) {
            Thread.currentThread().interrupt();
          }
        }
      }
    }
  }

  private AblationFindings run(Model model, Sae sae, Input input) {
    AblationOptions options = ablation.options(positions).withThreads(modelOptions.threads());
    return AblationFindings.of(
        Ablation.of(model, sae).with(hook.given().map(options::withHook).orElse(options)),
        input.sequences(),
        json.wanted());
  }

  private int report(Model model, SaeFile file, Input input, AblationFindings findings)
      throws IOException {
    print(model, file, input, findings);
    if (json.wanted()) {
      json.write(document(model, file, input, findings));
    }
    PrintWriter err = spec.commandLine().getErr();
    if (findings.interruption().isPresent()) {
      String name = spec.qualifiedName();
      err.println(
          name + ": " + findings.interruption().get() + "; the results are of what was done");
      return ExitCode.INTERRUPTED;
    }
    if (!findings.summary().undefined().isEmpty()) {
      err.println(
          "undefined results: " + String.join(", ", findings.summary().undefined().keySet()));
      return ExitCode.FAILED;
    }
    return ExitCode.DONE;
  }

  private void print(Model model, SaeFile file, Input input, AblationFindings findings) {
    PrintWriter out = json.text();
    AblationSummary summary = findings.summary();
    AblationOptions options = summary.options();
    out.println("Model     " + modelOptions.path() + ": " + ModelFile.text(model.shape()));
    out.println("SAE       " + path + ": " + SaeDescription.text(file.config()));
    out.println("          at " + summary.hook());
    out.println("Input     " + input.description());
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
    AblationTable.print(model, findings, out);
  }

  private JsonDocument document(Model model, SaeFile file, Input input, AblationFindings findings)
      throws IOException {
    JsonDocument document = new JsonDocument("ablate");
    document.option("hook", findings.summary().hook().name());
    ablation.describe(document);
    modelOptions.describe(document);
    overrides.describe(document);
    positions.describe(document);
    input.describe(document);
    return document
        .input(ModelFile.describe(modelOptions.path(), model.shape()))
        .input(SaeDescription.input(file))
        .input(input.file(input.sequences()))
        .results(AblationJson.of(findings));
  }
}
