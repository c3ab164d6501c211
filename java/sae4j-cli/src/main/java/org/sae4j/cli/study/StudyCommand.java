package org.sae4j.cli.study;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.arch.HookPoint;
import org.sae4j.cli.options.HookOption;
import org.sae4j.cli.options.InputOptions;
import org.sae4j.cli.options.JsonOption;
import org.sae4j.cli.options.ModelOptionsMixin;
import org.sae4j.cli.options.OpenSaes;
import org.sae4j.cli.options.SaeHeaders;
import org.sae4j.cli.options.SaeOverrideOptions;
import org.sae4j.format.sae.SaeSource;
import org.sae4j.results.JsonDocument;
import org.sae4j.tokens.Positions;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * What eval, ablate and latent share: a model, SAEs, tokens, and the document that they end in.
 *
 * <p>They are read in this order: options, headers of SAEs, the model, the input, weights of SAEs.
 * What is quick to check does not wait for what is slow to load.
 */
public abstract class StudyCommand implements Callable<Integer> {
  @Spec protected CommandSpec spec;
  @Mixin protected ModelOptionsMixin modelOptions;
  @Mixin protected HookOption hook;
  @Mixin protected InputOptions inputOptions;
  @Mixin protected SaeOverrideOptions overrides;
  @Mixin protected JsonOption json;

  @Override
  public final Integer call() throws IOException {
    json.requireWritable();
    requireSense();
    SaeHeaders saes = SaeHeaders.read(sources(), overrides, hook, err());
    require(saes);
    try (Model model = modelOptions.open()) {
      for (HookPoint point : saes.hooks()) {
        modelOptions.require(point, model);
      }
      return run(new Study(model, saes, inputOptions.read(model, saes.configs())));
    }
  }

  /** Fails if options do not go together, or what they ask for cannot be written. */
  protected void requireSense() throws IOException {}

  /** The SAEs, those of folders one by one. */
  protected abstract List<SaeSource> sources() throws IOException;

  /** Fails if the SAEs lack what options ask for. */
  protected void require(SaeHeaders saes) {}

  /** Notes the options that only this command has. */
  protected abstract void describe(Study study, JsonDocument document);

  /** Runs the study, prints and writes what it finds, and returns the exit code. */
  protected abstract int run(Study study) throws IOException;

  protected final PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** The document without tokens and results; empty if none is wanted. */
  protected final JsonDocument document(Study study) throws IOException {
    JsonDocument document = new JsonDocument(spec.name());
    if (json.wanted()) {
      describe(study, document);
      modelOptions.describe(document);
      overrides.describe(document);
      study.input().describe(document);
      document.input(modelOptions.input(study.model()));
      study.saes().describe(document);
    }
    return document;
  }

  protected final OpenSaes open(Study study) throws IOException {
    return OpenSaes.open(study.saes().files(), study.model());
  }

  /** Warns of SAEs that do not seem to fit what they are used on. */
  protected final SaeChecks check(Study study, List<Sae> saes, Positions counted)
      throws IOException {
    return SaeChecks.run(
        study.model(),
        saes,
        hook.given(),
        study.input().corpus(),
        counted,
        modelOptions.session(),
        err());
  }
}
