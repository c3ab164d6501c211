package org.sae4j.results.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;
import org.sae4j.results.PairedJson;

/** Joins documents by SAE and notes what does not compare. */
public final class Report {
  /**
   * Something to know about the numbers.
   *
   * @param about what it is about
   * @param text what there is to know
   * @param kind what it means for them
   */
  public record Note(String about, String text, Kind kind) {
    /** Tells whether it puts numbers in doubt. */
    boolean isWarning() {
      return kind != Kind.ASSUMPTION;
    }
  }

  /** What a note means for the numbers. */
  public enum Kind {
    ASSUMPTION,
    DOUBT,
    /** They do not compare, which one has to know first. */
    DIFFERENCE
  }

  /** Numbers are counted first where there is most to compare, whatever the order of the files. */
  private static final List<String> ORDER = List.of("eval", "ablate", "latent");

  private final List<ResultDocument> documents = new ArrayList<>();
  private final List<ReportSae> saes = new ArrayList<>();
  private final Map<ReportSae.Identity, List<ReportSae>> byIdentity = new HashMap<>();
  private final JsonArray paired = new JsonArray();
  private final List<Note> notes = new ArrayList<>();

  private Report() {}

  public static Report of(List<ResultDocument> documents) throws FormatException {
    Report report = new Report();
    Map<String, ResultDocument> seen = new HashMap<>();
    for (ResultDocument document : documents) {
      ResultDocument same = seen.putIfAbsent(document.sha256(), document);
      if (same == null) {
        report.documents.add(document);
      } else {
        report.warn(document.name(), "left out: it has the same bytes as " + same.file());
      }
    }
    report.documents.sort(Comparator.comparingInt(one -> ORDER.indexOf(one.command())));
    for (ResultDocument document : report.documents) {
      report.add(document);
    }
    ReportDifferences.between(report.documents)
        .forEach((about, text) -> report.notes.add(new Note(about, text, Kind.DIFFERENCE)));
    return report;
  }

  public List<ReportSae> saes() {
    return saes;
  }

  List<ResultDocument> documents() {
    return documents;
  }

  List<Note> notes() {
    return notes;
  }

  public List<Note> warnings() {
    return notes.stream().filter(Note::isWarning).toList();
  }

  /** Differences between SAEs, which are named by their indices. */
  JsonArray paired() {
    return paired;
  }

  private void warn(String about, String text) {
    notes.add(new Note(about, text, Kind.DOUBT));
  }

  private void add(ResultDocument document) throws FormatException {
    Map<String, Integer> indices = new HashMap<>();
    for (Map.Entry<String, Measured> result : document.results()) {
      ReportSae.Part part = new ReportSae.Part(document, result.getValue());
      if (indices.putIfAbsent(result.getKey(), place(result.getKey(), part)) != null) {
        throw FormatException.of(document.file(), "two results for one SAE: " + result.getKey());
      }
      noteResults(result.getKey(), part.json());
    }
    Optional<String> interrupted = document.all().string("interrupted");
    interrupted.ifPresent(
        when -> warn(document.name(), when + "; the results cover what was done until then"));
    for (JsonFields difference : document.all().objects("paired")) {
      addPaired(difference, indices);
    }
  }

  /** Finds the SAE a place among the others and returns its index. */
  private int place(String path, ReportSae.Part part) throws FormatException {
    ReportSae.Identity identity = ReportSae.identity(part.document(), path);
    List<ReportSae> known = byIdentity.computeIfAbsent(identity, none -> new ArrayList<>());
    for (ReportSae sae : known) {
      if (sae.take(part)) {
        return saes.indexOf(sae);
      }
    }
    ReportSae added = ReportSae.of(identity, part);
    if (!known.isEmpty()) {
      warn(
          path,
          "in several results of "
              + part.document().command()
              + ": "
              + known.get(known.size() - 1).document().name()
              + ", "
              + part.document().name());
    }
    known.add(added);
    saes.add(added);
    noteFile(added);
    return saes.size() - 1;
  }

  private void noteFile(ReportSae sae) throws FormatException {
    Optional<JsonFields> description = sae.description();
    if (description.isPresent()) {
      for (String assumption : description.get().strings("assumptions")) {
        notes.add(new Note(sae.identity().path(), "assumed " + assumption, Kind.ASSUMPTION));
      }
    }
  }

  private void noteResults(String path, JsonFields json) throws FormatException {
    JsonFields undefined = json.objectOrEmpty("undefined");
    for (String key : undefined.keys()) {
      warn(path, key + " is undefined: " + undefined.string(key).orElse(""));
    }
    for (String key : List.of("ci95_missing", "without_logits")) {
      Optional<String> reason = json.string(key);
      reason.ifPresent(
          why -> notes.add(new Note(path, key.replace('_', ' ') + ": " + why, Kind.ASSUMPTION)));
    }
    for (String warning : json.objectOrEmpty("self_test").strings("warnings")) {
      warn(path, warning);
    }
  }

  private void addPaired(JsonFields difference, Map<String, Integer> indices)
      throws FormatException {
    JsonObject json = new JsonObject();
    for (String side : List.of("a", "b")) {
      String path = difference.string(side).orElseThrow(() -> difference.missing(side));
      Integer index = indices.get(path);
      if (index == null) {
        throw difference.mismatch(side, "an SAE that there are results of");
      }
      json.addProperty(side, index);
    }
    for (String key : PairedJson.KEYS) {
      JsonFields of = difference.objectOrEmpty(key);
      if (of.number("difference").isPresent()) {
        JsonObject own = of.allNumbers();
        ReportJson.interval(of, "ci95").ifPresent(ends -> own.add("ci95", ends));
        json.add(key, own);
      }
    }
    paired.add(json);
  }
}
