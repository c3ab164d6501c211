package org.sae4j.cli;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.sae4j.format.GgufConversion;
import org.sae4j.format.HuggingFaceModel;
import org.sae4j.format.HuggingFaceTokenizer;
import org.sae4j.format.WeightPrecision;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code convert}: a Hugging Face folder to a GGUF file. */
@Command(
    name = "convert",
    description = "Writes the GPT-2 in a Hugging Face folder as a GGUF file, as llama.cpp does.")
final class ConvertCommand implements Callable<Integer> {
  private static final long MEGABYTE = 1_000_000;

  @Parameters(
      paramLabel = "HF_FOLDER",
      description = "A folder with config.json, *.safetensors and the tokenizer's files.")
  private Path folder;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "The GGUF file to write.")
  private Path output;

  @Option(
      names = "--type",
      paramLabel = "f32|f16|bf16",
      defaultValue = "f32",
      description = "The type of the matrices (default: ${DEFAULT-VALUE}).")
  private WeightPrecision type;

  @Mixin private JsonOption json;

  @Override
  public Integer call() throws IOException {
    json.requireWritable();
    OutputFile.requireWritable(output);
    long start = System.nanoTime();
    HuggingFaceModel model = HuggingFaceModel.read(folder);
    write(model);
    double seconds = (System.nanoTime() - start) / 1e9;
    json.text()
        .printf(
            Locale.ROOT,
            "wrote %s: %.1f MB, %s, in %.1f s%n",
            output,
            (double) Files.size(output) / MEGABYTE,
            type,
            seconds);
    if (json.wanted()) {
      json.write(document(model, seconds));
    }
    return ExitCode.DONE;
  }

  private void write(HuggingFaceModel model) throws IOException {
    long total = GgufConversion.weightBytes(model, type);
    HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.read(model);
    try (ProgressDisplay progress = new ProgressDisplay("convert", " MB", MEGABYTE)) {
      GgufConversion.write(model, tokenizer, output, type, done -> progress.update(done, total));
    }
  }

  private JsonDocument document(HuggingFaceModel model, double seconds) throws IOException {
    JsonObject results = new JsonObject();
    results.addProperty("output", output.toString());
    results.addProperty("bytes", Files.size(output));
    results.addProperty("tensors", model.tensors().size());
    results.addProperty("seconds", seconds);
    return new JsonDocument("convert")
        .option("type", type.name().toLowerCase(Locale.ROOT))
        .input(ModelFile.describe(folder, ModelFile.shape(model.config())))
        .results(results);
  }
}
