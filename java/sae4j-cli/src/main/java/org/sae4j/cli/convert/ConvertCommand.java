package org.sae4j.cli.convert;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.sae4j.cli.options.HookOption;
import org.sae4j.cli.options.JsonOption;
import org.sae4j.cli.options.SaeOverrideOptions;
import org.sae4j.cli.options.SaePaths;
import org.sae4j.cli.terminal.Assumptions;
import org.sae4j.cli.terminal.Checksums;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.cli.terminal.ProgressDisplay;
import org.sae4j.format.container.AtomicFile;
import org.sae4j.format.model.AddedToken;
import org.sae4j.format.model.GgufConversion;
import org.sae4j.format.model.HuggingFaceModel;
import org.sae4j.format.model.HuggingFaceTokenizer;
import org.sae4j.format.model.WeightPrecision;
import org.sae4j.format.sae.SaeFile;
import org.sae4j.format.sae.SaeLensConversion;
import org.sae4j.results.JsonDocument;
import org.sae4j.results.ModelDescription;
import org.sae4j.results.SaeDescription;
import org.sae4j.results.TokenText;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code convert}: writes a Hugging Face folder as GGUF, or an SAE as a SAELens folder. */
@Command(
    name = "convert",
    description = {
      "Writes the GPT-2 in a Hugging Face folder as a GGUF file, as llama.cpp does. With --sae,"
          + " writes an SAE of any format as a folder that SAELens loads, with the same outputs."
    })
public final class ConvertCommand implements Callable<Integer> {
  private static final long MEGABYTE = 1_000_000;

  @Spec private CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  private Source source;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "PATH",
      description =
          "The GGUF file to write. With --sae, a folder to write, which must be new or empty.")
  private Path output;

  @Option(
      names = "--type",
      paramLabel = "f32|f16|bf16",
      description = "The type of a model's matrices (default: f32).")
  private Optional<WeightPrecision> type = Optional.empty();

  @Mixin private HookOption hook;
  @Mixin private SaeOverrideOptions overrides;
  @Mixin private JsonOption json;

  /** What is converted: a model or an SAE. */
  private static final class Source {
    @Parameters(
        paramLabel = "HF_FOLDER",
        description = "A folder with config.json, weights and the tokenizer's files.")
    private Path model;

    @Option(names = "--sae", paramLabel = "PATH", description = "An SAE in any format.")
    private Path sae;
  }

  @Override
  public Integer call() throws IOException {
    json.requireWritable();
    return source.sae == null ? convertModel() : convertSae();
  }

  private int convertModel() throws IOException {
    if (hook.given().isPresent() || overrides.given()) {
      throw wrongUsage(
          "--hook, --normalize, --scale, --hook-normalized, --centred and --transcoder are for"
              + " --sae");
    }
    AtomicFile.requireWritable(output);
    WeightPrecision precision = type.orElse(WeightPrecision.F32);
    long start = System.nanoTime();
    HuggingFaceModel model = HuggingFaceModel.read(source.model);
    Assumptions.print(source.model, model.assumptions(), spec.commandLine().getErr());
    write(model, precision);
    double seconds = (System.nanoTime() - start) / 1e9;
    report(output, precision.toString(), seconds);
    if (json.wanted()) {
      JsonObject results = results(output, model.tensors().size(), seconds);
      json.write(
          new JsonDocument("convert")
              .option("type", precision.name().toLowerCase(Locale.ROOT))
              .input(
                  Checksums.shown(p -> ModelDescription.describe(source.model, model.shape(), p)))
              .results(results));
    }
    return ExitCode.DONE;
  }

  private void write(HuggingFaceModel model, WeightPrecision precision) throws IOException {
    long total = GgufConversion.weightBytes(model, precision);
    HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.read(model);
    try (ProgressDisplay progress = new ProgressDisplay("convert", " MB", MEGABYTE)) {
      GgufConversion.write(
          model, tokenizer, output, precision, done -> progress.update(done, total));
    }
    int rows = model.config().vocabularySize();
    tokenizer.added().stream()
        .filter(token -> token.id() >= rows)
        .forEach(token -> noteMissing(model, token));
  }

  private void noteMissing(HuggingFaceModel model, AddedToken token) {
    spec.commandLine()
        .getErr()
        .println(
            "note: %s: %s is left out: the embedding has no row %d"
                .formatted(model.folder(), TokenText.quoted(token.text()), token.id()));
  }

  private int convertSae() throws IOException {
    if (type.isPresent()) {
      throw wrongUsage("--type is for models; an SAE is written in F32");
    }
    long start = System.nanoTime();
    SaeFile sae = overrides.read(SaePaths.one(source.sae, spec.commandLine()));
    String hookName = hook.nameOf(sae);
    SaeLensConversion conversion = SaeLensConversion.of(sae);
    Assumptions.print(sae.path(), sae.config().assumptions(), spec.commandLine().getErr());
    long total = conversion.weightBytes();
    try (ProgressDisplay progress = new ProgressDisplay("convert", " MB", MEGABYTE)) {
      conversion.write(hookName, output, done -> progress.update(done, total));
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    Path weights = conversion.weightsIn(output);
    report(weights, conversion.architecture(), seconds);
    if (json.wanted()) {
      JsonObject results = results(weights, sae.tensors().size(), seconds);
      results.addProperty("architecture", conversion.architecture());
      JsonDocument document = new JsonDocument("convert").option("hook", hookName);
      overrides.describe(document);
      json.write(
          document.input(Checksums.shown(p -> SaeDescription.input(sae, p))).results(results));
    }
    return ExitCode.DONE;
  }

  private void report(Path written, String kind, double seconds) throws IOException {
    json.text()
        .printf(
            Locale.ROOT,
            "wrote %s: %.1f MB, %s, in %.1f s%n",
            output,
            (double) Files.size(written) / MEGABYTE,
            kind,
            seconds);
  }

  private JsonObject results(Path written, int tensors, double seconds) throws IOException {
    JsonObject results = new JsonObject();
    results.addProperty("output", output.toString());
    results.addProperty("bytes", Files.size(written));
    results.addProperty("tensors", tensors);
    results.addProperty("seconds", seconds);
    return results;
  }

  private ParameterException wrongUsage(String problem) {
    return new ParameterException(spec.commandLine(), problem);
  }
}
