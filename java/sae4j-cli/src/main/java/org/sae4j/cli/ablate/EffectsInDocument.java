package org.sae4j.cli.ablate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.sae4j.ablation.AblationEffect;
import org.sae4j.cli.options.JsonOption;
import org.sae4j.results.AblationJson;

/** Collects effects and writes them into one JSON document at the end. */
final class EffectsInDocument implements EffectsOutput {
  private final JsonOption json;
  private final CountedDocument document;
  private final List<Path> saes;
  private final List<AblationEffect> effects = new ArrayList<>();

  EffectsInDocument(JsonOption json, CountedDocument document, List<Path> saes) {
    this.json = json;
    this.document = document;
    this.saes = saes;
  }

  @Override
  public void add(AblationEffect effect) {
    effects.add(effect);
  }

  @Override
  public void write(AblationFindings findings) throws IOException {
    json.write(
        document
            .get()
            .results(
                AblationJson.withEffects(
                    saes, findings.summaries(), findings.interruption(), effects)));
  }
}
