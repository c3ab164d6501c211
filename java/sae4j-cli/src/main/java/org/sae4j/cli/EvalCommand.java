package org.sae4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.sae4j.Evaluation;
import org.sae4j.EvaluationOptions;
import org.sae4j.EvaluationResult;
import org.sae4j.HookPoint;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.Sequences;
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
      description = "An SAE in any format, or a folder of them. Several share one clean pass.")
  private List<Path> paths;

  @Mixin private HookOption hook;
  @Mixin private InputOptions inputOptions;
  @Mixin private PositionOptions positions;
  @Mixin private SaeOverrideOptions overrides;
  @Mixin private JsonOption json;

  @Override
  public Integer call() throws IOException {
    json.requireWritable();
    paths = SaePaths.expand(paths, spec.commandLine().getErr());
    SaeHeaders headers = SaeHeaders.read(paths, overrides, hook, spec.commandLine().getErr());
    try (Model model = modelOptions.open()) {
      for (HookPoint point : headers.hooks()) {
        modelOptions.require(point, model);
      }
      Input input = inputOptions.read(model, headers.configs());
      try (OpenSaes saes = OpenSaes.open(paths, overrides)) {
        SelfTests selfTests =
            SelfTests.run(
                model,
                saes.list(),
                hook.given(),
                input.sequences(),
                positions.counted(),
                modelOptions.session(),
                spec.commandLine().getErr());
        List<EvaluationResult> results = evaluate(model, saes.list(), input.sequences());
        print(model, headers, input, results);
        if (json.wanted()) {
          json.write(document(model, headers, input, selfTests, results));
        }
        return EvaluationOutcome.exitCode(results, spec.commandLine().getErr());
      }
    }
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

  private void print(Model model, SaeHeaders headers, Input input, List<EvaluationResult> results)
      throws IOException {
    PrintWriter out = json.text();
    EvaluationOptions options = results.get(0).options();
    out.println("Model     " + modelOptions.path() + ": " + ModelFile.text(model.shape()));
    headers.print(out);
    Sequences sequences = input.sequences();
    out.println("Input     " + input.description(sequences.count(), sequences.tokens()));
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
      Model model,
      SaeHeaders headers,
      Input input,
      SelfTests selfTests,
      List<EvaluationResult> results)
      throws IOException {
    JsonDocument document = new JsonDocument("eval");
    EvaluationOutcome.describe(results, document);
    modelOptions.describe(document);
    overrides.describe(document);
    positions.describe(document);
    document.input(ModelFile.describe(modelOptions.path(), model.shape()));
    headers.describe(document);
    input.describe(document);
    Sequences sequences = input.sequences();
    input.files(sequences.count(), sequences.tokens()).forEach(document::input);
    return document.results(selfTests.addTo(EvaluationJson.of(paths, results)));
  }
}
