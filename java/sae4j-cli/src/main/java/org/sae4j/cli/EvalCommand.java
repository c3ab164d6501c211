package org.sae4j.cli;

import java.io.Closeable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.sae4j.Evaluation;
import org.sae4j.EvaluationOptions;
import org.sae4j.EvaluationResult;
import org.sae4j.HookPoint;
import org.sae4j.Model;
import org.sae4j.format.SaeSource;
import org.sae4j.results.EvaluationJson;
import org.sae4j.results.JsonDocument;
import org.sae4j.results.ModelDescription;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code eval}: how much reconstructions change predictions. */
@Command(
    name = "eval",
    description = {
      "Replaces an activation by an SAE's reconstruction. Measures how the model's predictions"
          + " change, and how accurate and sparse the reconstruction is."
    })
final class EvalCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptionsMixin modelOptions;

  @Option(
      names = "--sae",
      required = true,
      paramLabel = "PATH",
      description =
          "An SAE in any format, or a folder of SAEs; may be repeated. All SAEs share one clean"
              + " run.")
  private List<Path> paths;

  @Mixin private HookOption hook;
  @Mixin private InputOptions inputOptions;
  @Mixin private PositionOptions positions;
  @Mixin private SaeOverrideOptions overrides;
  @Mixin private JsonOption json;
  @Mixin private EvaluationRun run;
  @Mixin private ResumeOptions resume;

  @Override
  public Integer call() throws IOException {
    json.requireWritable();
    resume.requireSense(json);
    run.requireSense();
    List<SaeSource> sources = SaePaths.expand(paths, spec.commandLine().getErr());
    paths = sources.stream().map(SaeSource::path).toList();
    SaeHeaders headers = SaeHeaders.read(sources, overrides, hook, spec.commandLine().getErr());
    try (Model model = modelOptions.open()) {
      for (HookPoint point : headers.hooks()) {
        modelOptions.require(point, model);
      }
      Input input = inputOptions.read(model, headers.configs());
      JsonDocument document = document(model, headers, input);
      try (Closeable reserved = resume.prepare(json, document, input);
          OpenSaes saes = OpenSaes.open(headers.files(), model);
          SequenceLines sequences = run.sequences(paths, resume.wanted())) {
        Evaluation evaluation = Evaluation.of(model, saes.list()).with(evaluationOptions());
        SelfTests selfTests =
            SelfTests.run(
                model,
                saes.list(),
                hook.given(),
                input.corpus(),
                positions.counted(),
                modelOptions.session(),
                spec.commandLine().getErr());
        List<EvaluationResult> results =
            EvaluationRun.run(evaluation, input.corpus(), sequences, resume.checkpoint());
        print(model, headers, input, results);
        EvaluationOutcome.warnOfText(
            results.get(0), model.shape().vocabulary(), spec.commandLine().getErr());
        if (json.wanted()) {
          json.write(complete(document, input, selfTests, results));
        }
        resume.done();
        sequences.complete(results.get(0).sequences());
        return EvaluationOutcome.exitCode(results, spec.commandLine().getErr());
      } catch (CancellationException e) {
        return resume.interrupted(e);
      }
    }
  }

  private EvaluationOptions evaluationOptions() {
    EvaluationOptions options =
        EvaluationOptions.defaults()
            .withReplaced(positions.replaced())
            .withCounted(positions.counted())
            .withThreads(modelOptions.threads());
    return run.addTo(hook.given().map(options::withHook).orElse(options));
  }

  private void print(Model model, SaeHeaders headers, Input input, List<EvaluationResult> results) {
    PrintWriter out = json.text();
    EvaluationResult first = results.get(0);
    EvaluationOptions options = first.options();
    out.println("Model     " + modelOptions.path() + ": " + ModelDescription.text(model.shape()));
    if (results.size() == 1) {
      headers.print(out);
    }
    out.println("Input     " + input.description(first.sequences(), first.tokensRun()));
    out.printf(
        Locale.ROOT,
        "Tokens    replaced: %s; counted: %s; %s, %d threads%n",
        options.replaced(),
        options.counted(),
        PrecisionName.of(model.options().precision()),
        options.threads());
    if (results.size() == 1) {
      EvaluationTable.print(first, out);
    } else {
      EvaluationRanking.print(results, headers, out);
    }
    EvaluationOutcome.printUndefined(results, out);
  }

  /** The document but for the tokens and the results. */
  private JsonDocument document(Model model, SaeHeaders headers, Input input) throws IOException {
    JsonDocument document = new JsonDocument("eval");
    if (!json.wanted()) {
      return document;
    }
    EvaluationJson.describe(headers.hookNames(), evaluationOptions(), document);
    modelOptions.describe(document);
    overrides.describe(document);
    positions.describe(document);
    document.input(modelOptions.input(model));
    headers.describe(document);
    input.describe(document);
    return document;
  }

  private JsonDocument complete(
      JsonDocument document, Input input, SelfTests selfTests, List<EvaluationResult> results)
      throws IOException {
    EvaluationResult first = results.get(0);
    input.files(first.sequences(), first.tokensRun()).forEach(document::input);
    return document.results(selfTests.addTo(EvaluationJson.of(paths, results)));
  }
}
