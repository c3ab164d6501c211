package org.sae4j.results.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;

/**
 * The model and the tokens that a document's numbers come from.
 *
 * @param model its path
 * @param modelSha256 of the model's bytes
 * @param paths of the files of text or tokens
 * @param sha256 of their bytes
 * @param tokens how many of them
 */
record ReportInput(String model, String modelSha256, String paths, String sha256, long tokens) {

  static ReportInput of(ResultDocument document) throws FormatException {
    List<String> paths = new ArrayList<>();
    List<String> digests = new ArrayList<>();
    long tokens = 0;
    for (JsonFields input : document.texts()) {
      paths.add(input.string("path").orElse(""));
      digests.add(input.string("sha256").orElse(""));
      tokens = Math.max(tokens, (long) input.objectOrEmpty("shape").number("tokens").orElse(0));
    }
    Optional<JsonFields> model = document.model();
    return new ReportInput(
        ResultDocument.text(model, "path"),
        ResultDocument.text(model, "sha256"),
        String.join(", ", paths),
        String.join(" ", digests),
        tokens);
  }

  /** The files and how much of them. */
  String text() {
    return String.format(
        Locale.ROOT, "%s, %,d %s", paths, tokens, tokens == 1 ? "token" : "tokens");
  }
}
