package org.sae4j.results.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;
import org.sae4j.results.SaeNames;

/** Writes what the page shows as JSON; it is checked here, so that scripts need not check it. */
final class ReportJson {
  private static final List<String> DESCRIPTION =
      List.of("format", "activation", "normalization", "model_name");

  private final Report report;
  private final List<ReportSae.Group> groups = new ArrayList<>();

  private ReportJson(Report report) {
    this.report = report;
  }

  /** Everything but the latents. */
  static JsonObject of(Report report) throws FormatException {
    return new ReportJson(report).page();
  }

  private JsonObject page() throws FormatException {
    JsonObject page = new JsonObject();
    JsonArray saes = new JsonArray();
    List<String> names =
        SaeNames.of(report.saes().stream().map(sae -> sae.identity().path()).toList());
    for (ReportSae sae : report.saes()) {
      JsonObject json = sae(sae, names.get(saes.size()));
      json.addProperty("number", SaeNames.place(saes.size()));
      saes.add(json);
    }
    page.add("saes", saes);
    page.add("groups", groups());
    page.add("paired", report.paired());
    page.add("notes", notes());
    page.add("documents", documents());
    return page;
  }

  private JsonObject sae(ReportSae sae, String name) throws FormatException {
    JsonObject json = new JsonObject();
    json.addProperty("name", name);
    json.addProperty("path", sae.identity().path());
    json.addProperty("sha256", sae.identity().sha256());
    json.addProperty("document", sae.document().name());
    ReportSae.Group group = sae.group();
    if (!groups.contains(group)) {
      groups.add(group);
    }
    json.addProperty("group", groups.indexOf(group));
    json.addProperty("hook", group.hook());
    Optional<JsonFields> description = sae.description();
    if (description.isPresent()) {
      json.add("about", about(description.get()));
    }
    if (sae.evaluation().isPresent()) {
      json.add("eval", evaluation(sae.evaluation().get().json()));
    }
    if (sae.ablation().isPresent()) {
      json.add("ablation", ablation(sae.ablation().get()));
    }
    return json;
  }

  private static JsonObject about(JsonFields description) throws FormatException {
    JsonObject about = new JsonObject();
    for (String key : DESCRIPTION) {
      description.string(key).ifPresent(value -> about.addProperty(key, value));
    }
    description.number("k").ifPresent(k -> about.addProperty("k", k));
    JsonFields shape = description.objectOrEmpty("shape");
    shape.number("d_sae").ifPresent(n -> about.addProperty("d_sae", n));
    return about;
  }

  private static JsonObject evaluation(JsonFields result) throws FormatException {
    JsonObject json = result.allNumbers();
    JsonFields intervals = result.objectOrEmpty("ci95");
    JsonObject ci95 = new JsonObject();
    for (String key : intervals.keys()) {
      interval(intervals, key).ifPresent(ends -> ci95.add(key, ends));
    }
    json.add("ci95", ci95);
    for (String key : List.of("kl_by_position", "delta_ce_by_position")) {
      json.add(key, result.numbers(key));
    }
    JsonArray frequencies = new JsonArray();
    for (JsonFields decade : result.objects("by_token_frequency")) {
      frequencies.add(decade.allNumbers());
    }
    json.add("by_token_frequency", frequencies);
    if (result.has("density")) {
      json.add("density", density(result.objectOrEmpty("density")));
    }
    return json;
  }

  /** The low and the high end of an interval; none if it is absent or has no ends. */
  static Optional<JsonArray> interval(JsonFields json, String key) throws FormatException {
    JsonArray ends = json.numbers(key);
    if (!json.has(key) || ends.size() == 2 && ends.contains(JsonNull.INSTANCE)) {
      return Optional.empty();
    }
    if (ends.size() != 2 || ends.get(0).getAsDouble() > ends.get(1).getAsDouble()) {
      throw json.mismatch(key, "[low, high]");
    }
    return Optional.of(ends);
  }

  private static JsonObject density(JsonFields density) throws FormatException {
    JsonObject json = density.allNumbers();
    JsonArray edges = density.numbers("log10_edges");
    JsonArray counts = density.numbers("counts");
    if (counts.size() != Math.max(0, edges.size() - 1)) {
      throw density.mismatch(
          "counts", "one fewer than the " + edges.size() + " log10_edges", counts.size());
    }
    json.add("log10_edges", edges);
    json.add("counts", counts);
    return json;
  }

  /** What was ablated, and beside it the channels. */
  private static JsonArray ablation(ReportSae.Part part) throws FormatException {
    JsonArray both = new JsonArray();
    JsonFields options = part.document().options();
    both.add(ablated(part, part.measured(), ReportLatents.ablated(options)));
    Optional<Measured> channels = part.measured().channels;
    if (channels.isPresent()) {
      both.add(ablated(part, channels.get(), "channels"));
    }
    return both;
  }

  private static JsonObject ablated(ReportSae.Part part, Measured measured, String of)
      throws FormatException {
    JsonFields result = part.document().json(measured);
    JsonObject json = result.allNumbers();
    json.addProperty("of", of);
    part.document().options().number("future").ifPresent(t -> json.addProperty("future", t));
    interval(result, "ci95").ifPresent(ends -> json.add("ci95", ends));
    if (!measured.effects.isEmpty()) {
      json.add("histograms", measured.effects.histograms());
    }
    return json;
  }

  private JsonArray groups() {
    JsonArray array = new JsonArray();
    for (ReportSae.Group group : groups) {
      JsonObject json = new JsonObject();
      json.addProperty("model", group.input().model());
      json.addProperty("model_sha256", group.input().modelSha256());
      json.addProperty("input", group.input().paths());
      json.addProperty("tokens", group.input().tokens());
      json.addProperty("hook", group.hook());
      array.add(json);
    }
    return array;
  }

  private JsonArray notes() {
    JsonArray array = new JsonArray();
    for (Report.Note note : report.notes()) {
      JsonObject json = new JsonObject();
      json.addProperty("about", note.about());
      json.addProperty("text", note.text());
      json.addProperty("warning", note.isWarning());
      json.addProperty("first", note.kind() == Report.Kind.DIFFERENCE);
      array.add(json);
    }
    return array;
  }

  private JsonArray documents() throws FormatException {
    JsonArray array = new JsonArray();
    for (ResultDocument document : report.documents()) {
      JsonObject json = new JsonObject();
      json.addProperty("file", document.file().toString());
      json.addProperty("sha256", document.sha256());
      json.addProperty("command", document.command());
      json.add("engine", texts(document.header().objectOrEmpty("sae4j")));
      json.add("options", texts(document.options()));
      JsonArray inputs = new JsonArray();
      for (JsonFields input : document.header().objects("inputs")) {
        JsonObject own = new JsonObject();
        for (String key : List.of("kind", "path", "sha256")) {
          own.addProperty(key, input.string(key).orElse(""));
        }
        own.add("shape", texts(input.objectOrEmpty("shape")));
        inputs.add(own);
      }
      json.add("inputs", inputs);
      array.add(json);
    }
    return array;
  }

  /** The values as text, without those that are null. */
  private static JsonObject texts(JsonFields object) {
    JsonObject texts = new JsonObject();
    for (String key : object.keys()) {
      Optional<JsonElement> value = object.value(key);
      value.ifPresent(
          v -> texts.addProperty(key, v.isJsonPrimitive() ? v.getAsString() : v.toString()));
    }
    return texts;
  }
}
