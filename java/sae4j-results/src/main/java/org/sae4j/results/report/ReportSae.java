package org.sae4j.results.report;

import com.google.gson.JsonElement;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;

/** An SAE and what documents say of it. */
final class ReportSae {
  /**
   * What makes it the same SAE in two documents.
   *
   * @param path where it is
   * @param sha256 of its bytes; empty if that is not known
   * @param model the SHA-256 of the model
   */
  record Identity(String path, String sha256, String model) {}

  /**
   * What makes SAEs comparable.
   *
   * @param input what the numbers are of
   * @param hook the activation
   */
  record Group(ReportInput input, String hook) {}

  /** What one document says of it. */
  record Part(ResultDocument document, Measured measured) {
    JsonFields json() {
      return document.json(measured);
    }
  }

  private final Identity identity;
  private final Part first;
  private final Map<String, Part> byCommand = new HashMap<>();

  private ReportSae(Identity identity, Part first) {
    this.identity = identity;
    this.first = first;
  }

  /** An SAE of which one document is known. */
  static ReportSae of(Identity identity, Part first) {
    ReportSae sae = new ReportSae(identity, first);
    sae.take(first);
    return sae;
  }

  static Identity identity(ResultDocument document, String path) throws FormatException {
    return new Identity(
        path,
        ResultDocument.text(document.sae(path), "sha256"),
        ResultDocument.text(document.model(), "sha256"));
  }

  /** Adds what another document says, unless there is such a document already. */
  boolean take(Part part) {
    return byCommand.putIfAbsent(part.document().command(), part) == null;
  }

  Identity identity() {
    return identity;
  }

  ResultDocument document() {
    return first.document();
  }

  Optional<Part> evaluation() {
    return Optional.ofNullable(byCommand.get("eval"));
  }

  Optional<Part> ablation() {
    return Optional.ofNullable(byCommand.get("ablate"));
  }

  Optional<Part> latents() {
    return Optional.ofNullable(byCommand.get("latent"));
  }

  /** What its file says. */
  Optional<JsonFields> description() throws FormatException {
    return document().sae(identity.path());
  }

  Group group() throws FormatException {
    return new Group(ReportInput.of(document()), hook());
  }

  /** The activation: the one of all SAEs of the document, or else its own. */
  private String hook() throws FormatException {
    JsonFields options = document().options();
    return options.value("hook").filter(JsonElement::isJsonPrimitive).isPresent()
        ? options.string("hook").orElseThrow()
        : ResultDocument.text(description(), "hook");
  }
}
