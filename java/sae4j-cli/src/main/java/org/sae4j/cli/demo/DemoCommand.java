package org.sae4j.cli.demo;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.ablation.Ablation;
import org.sae4j.ablation.AblationOptions;
import org.sae4j.ablation.AblationSummary;
import org.sae4j.ablation.TokenSample;
import org.sae4j.cli.options.Input;
import org.sae4j.cli.options.JsonOption;
import org.sae4j.cli.options.PrecisionName;
import org.sae4j.cli.terminal.Checksums;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.cli.terminal.ProgressDisplay;
import org.sae4j.corpus.CorpusFiles;
import org.sae4j.corpus.TextCorpus;
import org.sae4j.eval.Evaluation;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.sae.SaeFile;
import org.sae4j.format.sae.SaeFormats;
import org.sae4j.results.AblationJson;
import org.sae4j.results.EvaluationJson;
import org.sae4j.results.JsonDocument;
import org.sae4j.results.ModelDescription;
import org.sae4j.results.SaeDescription;
import org.sae4j.tokens.Sequences;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code demo}: evaluates and ablates an SAE that comes with the jar. */
@Command(
    name = "demo",
    description = "Evaluates a small SAE on a small GPT-2 and ablates its latents. Needs no files.")
public final class DemoCommand implements Callable<Integer> {
  private static final int CONTEXT = 64;
  private static final int TOKENS = 2048;
  private static final int ABLATED_TOKENS = 8;

  @Spec private CommandSpec spec;
  @Mixin private JsonOption json;

  @Override
  public Integer call() throws IOException {
    json.requireWritable();
    try (DemoFiles files = DemoFiles.extract();
        Model model = Model.open(files.model())) {
      return run(files, model, SaeFormats.read(files.sae(), SaeOverrides.none()));
    }
  }

  private int run(DemoFiles files, Model model, SaeFile file) throws IOException {
    try (Sae sae = Sae.open(file)) {
      Input input = input(files, model);
      Sequences sequences = Sequences.read(input.corpus());
      EvaluationResult result = evaluate(model, sae, sequences);
      AblationSummary ablation = ablate(model, sae, sequences);
      DemoStory.print(model, sae, sequences, result, ablation, json.text());
      if (json.wanted()) {
        json.write(document(files, model, file, input, result, ablation));
      }
      return ExitCode.of(result.undefined().keySet(), spec.commandLine().getErr());
    }
  }

  private static Input input(DemoFiles files, Model model) {
    CorpusFiles texts = CorpusFiles.of(List.of(files.text()));
    TextCorpus corpus = TextCorpus.of(texts, model.tokenizer(), CONTEXT);
    Input.Source source = new Input.Source(texts, Optional.empty(), Optional.empty());
    return Input.ofText(source, corpus, Optional.of(TOKENS), CONTEXT, false);
  }

  private static EvaluationResult evaluate(Model model, Sae sae, Sequences sequences) {
    try (ProgressDisplay progress = ProgressDisplay.ofTokens("demo")) {
      return Evaluation.of(model, sae).onProgress(progress::update).run(sequences);
    }
  }

  private static AblationSummary ablate(Model model, Sae sae, Sequences sequences) {
    AblationOptions options =
        AblationOptions.defaults().withSample(new TokenSample(ABLATED_TOKENS, 0));
    return Ablation.of(model, sae).with(options).run(sequences);
  }

  private static JsonDocument document(
      DemoFiles files,
      Model model,
      SaeFile file,
      Input input,
      EvaluationResult result,
      AblationSummary ablation)
      throws IOException {
    JsonDocument document = new JsonDocument("demo");
    EvaluationJson.describe(Optional.of(result.hook().name()), result.options(), document);
    document
        .option("threads", result.options().threads())
        .option("precision", PrecisionName.of(model.options().precision()));
    input.describe(document);
    JsonObject modelFile =
        Checksums.shown(p -> ModelDescription.describe(files.model(), model.shape(), p));
    JsonObject saeFile = Checksums.shown(p -> SaeDescription.input(file, p));
    JsonObject textFile = input.files(result.sequences(), result.tokensRun()).get(0);
    modelFile.addProperty("path", files.resource(files.model()));
    saeFile.addProperty("path", files.resource(files.sae()));
    textFile.addProperty("path", files.resource(files.text()));
    JsonObject results = EvaluationJson.of(List.of(files.sae()), List.of(result));
    results
        .getAsJsonArray("saes")
        .get(0)
        .getAsJsonObject()
        .addProperty("sae", files.resource(files.sae()));
    results.add("ablation", AblationJson.of(ablation));
    return document.input(modelFile).input(saeFile).input(textFile).results(results);
  }
}
