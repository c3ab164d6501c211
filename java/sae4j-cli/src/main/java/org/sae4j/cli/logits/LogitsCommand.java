package org.sae4j.cli.logits;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.sae4j.Edit;
import org.sae4j.Model;
import org.sae4j.RunOptions;
import org.sae4j.Session;
import org.sae4j.arch.HookPoint;
import org.sae4j.cli.files.BatchedRuns;
import org.sae4j.cli.files.EqualSequences;
import org.sae4j.cli.files.TensorFile;
import org.sae4j.cli.options.HookOption;
import org.sae4j.cli.options.Input;
import org.sae4j.cli.options.InputOptions;
import org.sae4j.cli.options.JsonOption;
import org.sae4j.cli.options.ModelOptionsMixin;
import org.sae4j.cli.options.OpenSaes;
import org.sae4j.cli.options.PositionOptions;
import org.sae4j.cli.options.SaeOverrideOptions;
import org.sae4j.cli.options.SaePaths;
import org.sae4j.cli.terminal.Assumptions;
import org.sae4j.cli.terminal.Checksums;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.cli.terminal.ProgressDisplay;
import org.sae4j.eval.ActivationMeans;
import org.sae4j.format.container.AtomicFile;
import org.sae4j.format.container.DType;
import org.sae4j.format.sae.SaeFile;
import org.sae4j.results.JsonDocument;
import org.sae4j.results.SaeDescription;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code logits}: writes logits, clean or with an activation replaced. */
@Command(
    name = "logits",
    description =
        "Writes logits to a safetensors file: the f32 tensor 'logits' [sequences, positions,"
            + " vocabulary].")
public final class LogitsCommand implements Callable<Integer> {
  private static final String LOGITS = "logits";

  @Spec private CommandSpec spec;
  @Mixin private ModelOptionsMixin modelOptions;

  @Option(
      names = "--replace",
      paramLabel = "none|sae|zero|mean",
      defaultValue = "none",
      converter = Replacement.Converter.class,
      description = "What replaces the activation (default: ${DEFAULT-VALUE}).")
  private Replacement replace;

  @Option(
      names = "--sae",
      paramLabel = "PATH",
      description =
          "The SAE that reconstructs. It also gives the defaults of --hook and --context.")
  private Optional<Path> sae = Optional.empty();

  @Mixin private HookOption hook;
  @Mixin private InputOptions inputOptions;
  @Mixin private PositionOptions positions;
  @Mixin private SaeOverrideOptions overrides;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "The safetensors file to write.")
  private Path output;

  @Mixin private JsonOption json;

  @Override
  public Integer call() throws IOException {
    requireSense();
    json.requireWritable();
    AtomicFile.requireWritable(output);
    List<SaeFile> files = readHeader();
    try (Model model = modelOptions.open()) {
      Optional<HookPoint> point = point(files);
      point.ifPresent(found -> modelOptions.require(found, model));
      Input input = inputOptions.read(model, files.stream().map(SaeFile::config).toList());
      EqualSequences sequences = input.equallyLong(spec.commandLine().getErr());
      JsonDocument document = options(point, input);
      write(model, files, point, sequences, document);
      if (json.wanted()) {
        document.input(modelOptions.input(model));
        for (SaeFile file : files) {
          document.input(Checksums.shown(progress -> SaeDescription.input(file, progress)));
        }
        input.files(sequences.count(), sequences.tokens()).forEach(document::input);
        json.write(document);
      }
      return ExitCode.DONE;
    }
  }

  /** Clean logits although an SAE or a hook was named would be a surprise. */
  private void requireSense() {
    if (replace == Replacement.NONE && (sae.isPresent() || hook.given().isPresent())) {
      throw wrongUsage("--sae and --hook need --replace sae, zero or mean");
    }
    if (replace == Replacement.SAE && sae.isEmpty()) {
      throw wrongUsage("--replace sae needs --sae");
    }
    if (replace != Replacement.NONE && sae.isEmpty() && hook.given().isEmpty()) {
      throw wrongUsage("--replace needs --hook, or --sae that names one");
    }
  }

  private List<SaeFile> readHeader() throws IOException {
    if (sae.isEmpty()) {
      return List.of();
    }
    SaeFile file = overrides.read(SaePaths.one(sae.get(), spec.commandLine()));
    Assumptions.print(file.path(), file.config().assumptions(), spec.commandLine().getErr());
    return List.of(file);
  }

  private Optional<HookPoint> point(List<SaeFile> files) throws IOException {
    return files.isEmpty() ? hook.given() : Optional.of(hook.of(files.get(0)));
  }

  private void write(
      Model model,
      List<SaeFile> files,
      Optional<HookPoint> point,
      EqualSequences sequences,
      JsonDocument document)
      throws IOException {
    List<SaeFile> toLoad = replace == Replacement.SAE ? files : List.of();
    try (OpenSaes saes = OpenSaes.open(toLoad, model);
        Session session = model.newSession(modelOptions.session())) {
      RunOptions options = RunOptions.defaults();
      if (point.isPresent()) {
        Edit.Replacement edit = edit(session, sequences, point.get(), saes);
        options = options.edit(point.get(), edit.at(positions.replaced()));
      }
      int vocabulary = model.shape().vocabulary();
      BatchedRuns runs =
          new BatchedRuns(session, sequences.corpus(), sequences.tokens(), options, vocabulary);
      TensorFile file =
          new TensorFile(output, document)
              .tensor(LOGITS, DType.F32, sequences.count(), sequences.length(), vocabulary);
      document.results(
          file.write(
              out -> runs.forEach(LOGITS, run -> out.append(LOGITS, run.logits().floats())),
              sequences.tokens()));
      file.print(json.text());
    }
  }

  private Edit.Replacement edit(
      Session session, EqualSequences sequences, HookPoint point, OpenSaes saes)
      throws IOException {
    return switch (replace) {
      case SAE -> Edit.reconstruct(saes.list().get(0));
      case MEAN -> Edit.mean(mean(session, sequences, point));
      case ZERO -> Edit.zero();
      case NONE -> throw new AssertionError("nothing to replace");
    };
  }

  private float[] mean(Session session, EqualSequences sequences, HookPoint point)
      throws IOException {
    try (ProgressDisplay progress = ProgressDisplay.ofTokens("mean")) {
      return ActivationMeans.measure(
          session, sequences.corpus(), point, positions.counted(), progress::update);
    }
  }

  private JsonDocument options(Optional<HookPoint> point, Input input) {
    JsonDocument document = new JsonDocument(LOGITS);
    document.option("replace", replace.name().toLowerCase(Locale.ROOT));
    document.option("hook", point.map(HookPoint::name));
    modelOptions.describe(document);
    overrides.describe(document);
    positions.describe(document);
    input.describe(document);
    return document;
  }

  private ParameterException wrongUsage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
