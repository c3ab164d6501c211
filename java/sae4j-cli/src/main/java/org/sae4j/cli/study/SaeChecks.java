package org.sae4j.cli.study;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.SessionOptions;
import org.sae4j.arch.HookPoint;
import org.sae4j.check.Cause;
import org.sae4j.check.SaeSelfTest;
import org.sae4j.results.JsonDocument;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/**
 * Warns of SAEs that do not fit their input, before the work begins.
 *
 * @param checks one for each SAE, in their order
 */
public record SaeChecks(List<SaeSelfTest> checks) {
  private static final int TOKENS = 4096; // of which it tries an eighth

  /**
   * Tries SAEs on the first tokens.
   *
   * @param hook the activation that the user named
   * @param counted which of them count
   * @param err where warnings go
   */
  public static SaeChecks run(
      Model model,
      List<Sae> saes,
      Optional<HookPoint> hook,
      Corpus corpus,
      Positions counted,
      SessionOptions options,
      PrintWriter err)
      throws IOException {
    Sequences sequences = Sequences.read(corpus.first(TOKENS));
    try (Session session = model.newSession(options)) {
      List<SaeSelfTest> tests = SaeSelfTest.of(session, saes, hook, sequences, counted);
      for (int i = 0; i < tests.size(); i++) {
        for (String warning : warnings(tests.get(i))) {
          err.println("warning: " + saes.get(i).name() + ": " + warning);
        }
      }
      err.flush();
      return new SaeChecks(tests);
    }
  }

  private static List<String> warnings(SaeSelfTest test) {
    String question = test.cause().map(SaeChecks::question).orElse("");
    return test.warnings().stream().map(warning -> warning + question).toList();
  }

  /** What the user may have forgotten. */
  private static String question(Cause cause) {
    return switch (cause.kind()) {
      case BOS ->
          cause.setting().equals("with")
              ? ": is --bos missing, or in --tokens the token itself?"
              : ": is --no-bos missing?";
      case FIRST_POSITION -> ": are --skip-first-replace and --skip-first-count missing?";
      case LAYER_NORM -> ": is --hook-normalized " + cause.setting() + " missing?";
      case NORMALIZATION ->
          ": is --normalize " + cause.setting().replace(" by ", " --scale ") + " missing?";
      case HOOK -> ": is --hook " + cause.setting() + " meant?";
      case CENTRING -> ": is --centred missing?";
    };
  }

  /** Adds to the results of each SAE what its check found. */
  public JsonObject addTo(JsonObject results) {
    JsonArray saes = results.getAsJsonArray("saes");
    for (int i = 0; i < checks.size(); i++) {
      saes.get(i).getAsJsonObject().add("self_test", json(checks.get(i)));
    }
    return results;
  }

  private static JsonObject json(SaeSelfTest test) {
    JsonObject json = new JsonObject();
    json.addProperty("tokens", test.tokens());
    json.add("l0", JsonDocument.number(test.l0()));
    json.add("explained_variance", JsonDocument.number(test.explainedVariance()));
    JsonArray warnings = new JsonArray();
    warnings(test).forEach(warnings::add);
    json.add("warnings", warnings);
    return json;
  }
}
