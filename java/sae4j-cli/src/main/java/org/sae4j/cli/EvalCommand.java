package org.sae4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.sae4j.Evaluation;
import org.sae4j.EvaluationOptions;
import org.sae4j.EvaluationResult;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.SaeConfig;
import org.sae4j.Sequences;
import org.sae4j.format.SaeFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code eval}: how much reconstructions change predictions. */
@Command(
    name = "eval",
    description = {
      "Replaces an activation by an SAE's reconstruction of it and measures what that does to the"
          + " model's predictions, and how good and sparse the reconstruction is."
    })
final class EvalCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptionsMixin modelOptions;

  @Option(
      names = "--sae",
      required = true,
      paramLabel = "PATH",
      description = "An SAE: OpenAI .pt file or SAELens folder. Several share one clean pass.")
  private List<Path> paths;

  @Mixin private HookOption hook;
  @Mixin private InputOptions inputOptions;
  @Mixin private PositionOptions positions;
  @Mixin private SaeOverrideOptions overrides;
  @Mixin private JsonOption json;

  @Override
  public Integer call() throws IOException {
    json.requireWritable();
    List<SaeFile> files = readHeaders();
    try (Model model = modelOptions.open()) {
      for (SaeFile file : files) {
        modelOptions.require(hook.of(file), model);
      }
      Input input = inputOptions.read(model, files.stream().map(SaeFile::config).toList());
      try (OpenSaes saes = OpenSaes.open(paths, overrides)) {
        List<EvaluationResult> results = evaluate(model, saes.list(), input.sequences());
        print(model, files, input, results);
        if (json.wanted()) {
          json.write(document(model, files, input, results));
        }
        return EvaluationOutcome.exitCode(results, spec.commandLine().getErr());
      }
    }
  }

  /** Small reads first: what they find wrong need not wait for a model to load. */
  private List<SaeFile> readHeaders() throws IOException {
    List<SaeFile> files = new ArrayList<>();
    for (Path path : paths) {
      SaeFile file = overrides.read(path);
      hook.of(file);
      Assumptions.print(path, file.config(), spec.commandLine().getErr());
      files.add(file);
    }
    return files;
  }

  private List<EvaluationResult> evaluate(Model model, List<Sae> saes, Sequences sequences) {
    try (ProgressDisplay progress = ProgressDisplay.ofTokens("eval")) {
      return Evaluation.of(model, saes)
          .with(evaluationOptions())
          .onProgress(progress::update)
          .runAll(sequences);
    }
  }

  private EvaluationOptions evaluationOptions() {
    EvaluationOptions options =
        EvaluationOptions.defaults()
            .withReplaced(positions.replaced())
            .withCounted(positions.counted())
            .withThreads(modelOptions.threads());
    return hook.given().map(options::withHook).orElse(options);
  }

  private void print(
      Model model, List<SaeFile> files, Input input, List<EvaluationResult> results) {
    PrintWriter out = json.text();
    EvaluationOptions options = results.get(0).options();
    out.println("Model     " + modelOptions.path() + ": " + ModelFile.text(model.shape()));
    for (int i = 0; i < files.size(); i++) {
      SaeConfig config = files.get(i).config();
      String number = files.size() > 1 ? "SAE [" + (i + 1) + "]   " : "SAE       ";
      out.println(number + paths.get(i) + ": " + SaeDescription.text(config));
      out.println("          at " + results.get(i).hook());
    }
    out.println("Input     " + input.description());
    out.printf(
        Locale.ROOT,
        "Tokens    replaced: %s; counted: %s; %s, %d threads%n",
        options.replaced(),
        options.counted(),
        PrecisionName.of(model.options().precision()),
        options.threads());
    EvaluationTable.print(results, out);
  }

  private JsonDocument document(
      Model model, List<SaeFile> files, Input input, List<EvaluationResult> results)
      throws IOException {
    JsonDocument document = new JsonDocument("eval");
    EvaluationOutcome.describe(results, document);
    modelOptions.describe(document);
    overrides.describe(document);
    positions.describe(document);
    document.input(ModelFile.describe(modelOptions.path(), model.shape()));
    for (SaeFile file : files) {
      document.input(SaeDescription.input(file));
    }
    input.describe(document);
    document.input(input.file(input.sequences()));
    return document.results(EvaluationJson.of(paths, results));
  }
}
