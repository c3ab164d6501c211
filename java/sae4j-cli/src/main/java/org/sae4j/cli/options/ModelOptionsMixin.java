package org.sae4j.cli.options;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.sae4j.Model;
import org.sae4j.ModelOptions;
import org.sae4j.Precision;
import org.sae4j.SessionOptions;
import org.sae4j.arch.HookPoint;
import org.sae4j.cli.terminal.Assumptions;
import org.sae4j.cli.terminal.Checksums;
import org.sae4j.results.JsonDocument;
import org.sae4j.results.ModelDescription;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options that say which model runs, and how. */
public final class ModelOptionsMixin {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--model",
      order = -3,
      required = true,
      paramLabel = "PATH",
      description = "A GPT-2, as a GGUF file or a Hugging Face folder.")
  private Path path;

  @Option(
      names = "--precision",
      paramLabel = "f32|bf16",
      defaultValue = "f32",
      description = "Arithmetic of the matrix products (default: ${DEFAULT-VALUE}).")
  private Precision precision;

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = ThreadsConverter.class,
      description = "How many threads to use (default: all processors).")
  private Optional<Integer> threads = Optional.empty();

  public Path path() {
    return path;
  }

  public int threads() {
    return threads.orElse(SessionOptions.defaults().threads());
  }

  public SessionOptions session() {
    return SessionOptions.defaults().withThreads(threads());
  }

  public Model open() throws IOException {
    Model model = Model.open(path, ModelOptions.defaults().withPrecision(precision));
    Assumptions.print(path, model.assumptions(), command.commandLine().getErr());
    return model;
  }

  /** Returns the hook if the model has it; a hook that it does not have is wrong usage. */
  public HookPoint require(HookPoint hook, Model model) {
    try {
      model.width(hook);
      return hook;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage());
    }
  }

  /** Which arithmetic, and how many threads. */
  public String arithmetic() {
    return PrecisionName.of(precision) + ", " + threads() + " threads";
  }

  /** Says which model it is. */
  public JsonObject input(Model model) throws IOException {
    return Checksums.shown(progress -> ModelDescription.describe(path, model.shape(), progress));
  }

  /** Writes down these options. */
  public void describe(JsonDocument document) {
    document.option("threads", threads()).option("precision", PrecisionName.of(precision));
  }
}
