package org.sae4j.cli.eval;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.sae4j.Sae;
import org.sae4j.cli.options.PositionOptions;
import org.sae4j.cli.options.SaePaths;
import org.sae4j.cli.study.CheckpointedCommand;
import org.sae4j.cli.study.SaeChecks;
import org.sae4j.cli.study.Study;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.eval.Evaluation;
import org.sae4j.eval.EvaluationOptions;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.format.sae.SaeSource;
import org.sae4j.results.EvaluationJson;
import org.sae4j.results.JsonDocument;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code eval}: measures how much reconstructions change predictions. */
@Command(
    name = "eval",
    description = {
      "Replaces an activation by an SAE's reconstruction. Measures how the model's predictions"
          + " change, and how accurate and sparse the reconstruction is."
    })
public final class EvalCommand extends CheckpointedCommand {
  @Option(
      names = "--sae",
      order = -2,
      required = true,
      paramLabel = "PATH",
      description =
          "An SAE in any format, or a folder of SAEs; may be repeated. All SAEs share one clean"
              + " run.")
  private List<Path> paths;

  @Mixin private PositionOptions positions;
  @Mixin private EvaluationRun run;

  @Override
  protected void requireSense() throws IOException {
    super.requireSense();
    run.requireSense();
  }

  @Override
  protected List<SaeSource> sources() throws IOException {
    return SaePaths.expand(paths, err());
  }

  @Override
  protected int run(Study study, List<Sae> saes, JsonDocument document) throws IOException {
    List<Path> files = study.saes().paths();
    try (SequenceLines sequences = run.sequences(files, resume.wanted())) {
      Evaluation evaluation = Evaluation.of(study.model(), saes).with(options());
      SaeChecks checks = check(study, saes, positions.counted());
      List<EvaluationResult> results =
          EvaluationRun.run(evaluation, study.input().corpus(), sequences, resume.checkpoint());
      EvaluationResult first = results.get(0);
      print(study, results);
      EvaluationOutcome.warnOfText(first, study.model().shape().vocabulary(), err());
      write(
          document,
          study,
          first.sequences(),
          first.tokensRun(),
          () -> checks.addTo(EvaluationJson.of(files, results)));
      sequences.complete(first.sequences());
      return ExitCode.of(EvaluationOutcome.undefined(results), err());
    }
  }

  private EvaluationOptions options() {
    EvaluationOptions options =
        EvaluationOptions.defaults()
            .withReplaced(positions.replaced())
            .withCounted(positions.counted())
            .withThreads(modelOptions.threads());
    return run.addTo(hook.given().map(options::withHook).orElse(options));
  }

  private void print(Study study, List<EvaluationResult> results) {
    PrintWriter out = json.text();
    EvaluationResult first = results.get(0);
    study.printModel(modelOptions, out);
    if (results.size() == 1) {
      study.saes().print(out);
    }
    study.printInput(first.sequences(), first.tokensRun(), out);
    out.printf(
        "Tokens    replaced: %s; counted: %s; %s%n",
        positions.replaced(), positions.counted(), modelOptions.arithmetic());
    if (results.size() == 1) {
      EvaluationTable.print(first, out);
    } else {
      EvaluationRanking.print(results, study.saes(), out);
    }
    EvaluationOutcome.printUndefined(results, out);
  }

  @Override
  protected void describe(Study study, JsonDocument document) {
    EvaluationJson.describe(study.saes().hookNames(), options(), document);
    positions.describe(document);
  }
}
