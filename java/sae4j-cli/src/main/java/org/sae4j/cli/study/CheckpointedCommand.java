package org.sae4j.cli.study;

import com.google.gson.JsonObject;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import org.sae4j.Sae;
import org.sae4j.cli.options.OpenSaes;
import org.sae4j.cli.options.ResumeOptions;
import org.sae4j.results.JsonDocument;
import picocli.CommandLine.Mixin;

/** A study that can keep a checkpoint beside its document and continue from it. */
public abstract class CheckpointedCommand extends StudyCommand {
  @Mixin protected ResumeOptions resume;

  @Override
  protected void requireSense() throws IOException {
    resume.requireSense(json);
  }

  @Override
  protected final int run(Study study) throws IOException {
    JsonDocument document = document(study);
    try (Closeable reserved = resume.prepare(json, document, study.input());
        OpenSaes saes = open(study)) {
      return run(study, saes.list(), document);
    } catch (CancellationException e) {
      return resume.interrupted(e);
    }
  }

  /** Runs the study from the checkpoint on, if there is one. */
  protected abstract int run(Study study, List<Sae> saes, JsonDocument document) throws IOException;

  /** Writes the document if it is wanted, and removes the checkpoint. */
  protected final void write(
      JsonDocument document, Study study, long sequences, long tokens, Supplier<JsonObject> results)
      throws IOException {
    if (json.wanted()) {
      study.input().files(sequences, tokens).forEach(document::input);
      json.write(document.results(results.get()));
    }
    resume.done();
  }
}
