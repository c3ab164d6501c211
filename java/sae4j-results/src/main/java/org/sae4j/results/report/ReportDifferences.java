package org.sae4j.results.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;

/** Finds where documents differ in what their numbers depend on. */
final class ReportDifferences {
  private static final int NAMED = 3;

  /** Options that decide about no number, or about whose effect inputs and hooks tell. */
  private static final Set<String> OF_NO_ACCOUNT =
      Set.of("command", "hook", "threads", "batch_tokens", "max_tokens", "until_ci", "bootstrap");

  /** What latent's options of these names choose is what it shows. */
  private static final Set<String> OF_WHAT_IS_SHOWN = Set.of("latent", "latents", "top", "window");

  /** Options that there are only of text; of tokens they are null. */
  private static final Set<String> OF_TEXT = Set.of("context", "bos");

  /** By what differs: each value and the files that have it. */
  private final Map<String, Map<String, Value>> found = new LinkedHashMap<>();

  private record Value(String text, List<String> files) {}

  private ReportDifferences() {}

  /** Says of each thing that differs how numbers compare, and which file has what. */
  static Map<String, String> between(List<ResultDocument> documents) throws FormatException {
    ReportDifferences differences = new ReportDifferences();
    for (ResultDocument document : documents) {
      differences.add(document);
    }
    Map<String, String> said = new LinkedHashMap<>();
    differences.found.forEach(
        (about, values) -> {
          if (values.size() > 1) {
            said.put(about, consequence(about) + ": " + text(values));
          }
        });
    return said;
  }

  private void add(ResultDocument document) throws FormatException {
    ReportInput input = ReportInput.of(document);
    note("models", input.modelSha256(), input.model(), document);
    note("inputs", input.sha256() + input.tokens(), input.text(), document);
    JsonFields options = document.options();
    for (String key : options.keys()) {
      JsonElement option = options.value(key).orElse(JsonNull.INSTANCE);
      boolean shown = document.command().equals("latent") && OF_WHAT_IS_SHOWN.contains(key);
      boolean ofText = OF_TEXT.contains(key) && option.isJsonNull();
      if (!OF_NO_ACCOUNT.contains(key) && !shown && !ofText) {
        String value = option.toString();
        note("option " + key, value, value, document);
      }
    }
  }

  private void note(String about, String id, String text, ResultDocument document) {
    found
        .computeIfAbsent(about, none -> new LinkedHashMap<>())
        .computeIfAbsent(id, none -> new Value(text, new ArrayList<>()))
        .files()
        .add(document.name());
  }

  private static String consequence(String about) {
    return switch (about) {
      case "models" -> "numbers of different models cannot be compared";
      case "inputs" -> "numbers of different tokens can be compared by their intervals only";
      default -> "numbers measured in different ways cannot be compared";
    };
  }

  private static String text(Map<String, Value> values) {
    return String.join("; ", values.values().stream().map(ReportDifferences::text).toList());
  }

  private static String text(Value value) {
    List<String> files = value.files();
    String named = String.join(", ", files.subList(0, Math.min(NAMED, files.size())));
    int more = files.size() - NAMED;
    return value.text() + " (" + named + (more > 0 ? " and " + more + " more" : "") + ")";
  }
}
