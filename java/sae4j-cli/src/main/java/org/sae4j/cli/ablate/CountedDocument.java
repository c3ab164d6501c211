package org.sae4j.cli.ablate;

import java.io.IOException;
import org.sae4j.cli.options.Input;
import org.sae4j.results.JsonDocument;

/** A document that adds its input once the corpus has been counted. */
final class CountedDocument {
  private final JsonDocument document;
  private final Input input;
  private final CountedCorpus corpus;
  private boolean complete;

  /**
   * Takes a document.
   *
   * @param document all of it but the input, and the results
   * @param corpus what the input holds
   */
  CountedDocument(JsonDocument document, Input input, CountedCorpus corpus) {
    this.document = document;
    this.input = input;
    this.corpus = corpus;
  }

  /** The document with its input; the corpus is read if nobody has read it. */
  JsonDocument get() throws IOException {
    if (!complete) {
      CountedCorpus.Count count = corpus.count();
      input.files(count.sequences(), count.tokens()).forEach(document::input);
      complete = true;
    }
    return document;
  }
}
