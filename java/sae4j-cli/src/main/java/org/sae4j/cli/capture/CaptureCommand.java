package org.sae4j.cli.capture;

import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.sae4j.Model;
import org.sae4j.RunOptions;
import org.sae4j.RunResult;
import org.sae4j.Session;
import org.sae4j.arch.HookPoint;
import org.sae4j.cli.files.BatchedRuns;
import org.sae4j.cli.files.EqualSequences;
import org.sae4j.cli.files.TensorFile;
import org.sae4j.cli.options.HookConverter;
import org.sae4j.cli.options.Input;
import org.sae4j.cli.options.InputOptions;
import org.sae4j.cli.options.JsonOption;
import org.sae4j.cli.options.ModelOptionsMixin;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.format.container.AtomicFile;
import org.sae4j.format.container.DType;
import org.sae4j.format.container.SafetensorsWriter;
import org.sae4j.results.JsonDocument;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code capture}: writes activations at hooks. */
@Command(
    name = "capture",
    description = {
      "Writes activations to a safetensors file: an f32 tensor [sequences, positions, width] per"
          + " hook, named after it, and the i64 tensor 'tokens' [sequences, positions]."
    })
public final class CaptureCommand implements Callable<Integer> {
  private static final String TOKENS = "tokens";

  @Spec private CommandSpec spec;
  @Mixin private ModelOptionsMixin modelOptions;

  @Option(
      names = "--hook",
      required = true,
      paramLabel = "NAME",
      converter = HookConverter.class,
      description =
          "An activation, by its name in TransformerLens or Hugging Face; may be repeated.")
  private List<HookPoint> hooks;

  @Mixin private InputOptions inputOptions;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "The safetensors file to write.")
  private Path output;

  @Mixin private JsonOption json;

  @Override
  public Integer call() throws IOException {
    json.requireWritable();
    AtomicFile.requireWritable(output);
    try (Model model = modelOptions.open()) {
      Set<HookPoint> points = new LinkedHashSet<>(hooks);
      points.forEach(point -> modelOptions.require(point, model));
      Input input = inputOptions.read(model, List.of());
      EqualSequences sequences = input.equallyLong(spec.commandLine().getErr());
      JsonDocument document = options(points, input);
      write(model, points, sequences, document);
      if (json.wanted()) {
        document.input(modelOptions.input(model));
        input.files(sequences.count(), sequences.tokens()).forEach(document::input);
        json.write(document);
      }
      return ExitCode.DONE;
    }
  }

  private void write(
      Model model, Set<HookPoint> points, EqualSequences sequences, JsonDocument document)
      throws IOException {
    TensorFile file = new TensorFile(output, document);
    long floatsPerToken = 0;
    for (HookPoint point : points) {
      int width = model.width(point);
      file.tensor(point.name(), DType.F32, sequences.count(), sequences.length(), width);
      floatsPerToken += width;
    }
    file.tensor(TOKENS, DType.I64, sequences.count(), sequences.length());
    RunOptions options =
        RunOptions.defaults().capture(points.toArray(HookPoint[]::new)).withoutLogits();
    try (Session session = model.newSession(modelOptions.session())) {
      BatchedRuns runs =
          new BatchedRuns(session, sequences.corpus(), sequences.tokens(), options, floatsPerToken);
      document.results(
          file.write(
              out -> runs.forEach("capture", run -> append(run, points, out)), sequences.tokens()));
    }
    file.print(json.text());
  }

  private static void append(RunResult run, Set<HookPoint> points, SafetensorsWriter.Output out)
      throws IOException {
    for (HookPoint point : points) {
      out.append(point.name(), run.activation(point).floats());
    }
    for (int s = 0; s < run.sequences().count(); s++) {
      out.append(TOKENS, ids(run.sequences().sequence(s)));
    }
  }

  private static LongBuffer ids(int[] tokens) {
    LongBuffer ids = LongBuffer.allocate(tokens.length);
    for (int token : tokens) {
      ids.put(token);
    }
    return ids.flip();
  }

  private JsonDocument options(Set<HookPoint> points, Input input) {
    JsonDocument document = new JsonDocument("capture");
    document.option("hook", Optional.of(points.stream().map(HookPoint::name).toList()));
    modelOptions.describe(document);
    input.describe(document);
    return document;
  }
}
