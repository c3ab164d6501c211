package org.sae4j.results.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.sae4j.format.FormatException;
import org.sae4j.results.InputFile;

/**
 * Writes a report as one HTML file.
 *
 * <p>What documents say is in it as JSON only, which scripts show as text: no markup is made of it.
 * Should that ever fail, the page's own policy still runs no script but those that are named by
 * their hashes, and loads nothing.
 */
public final class ReportPage {
  private static final Pattern PLACE = Pattern.compile("<!-- sae4j: ([a-z]+) -->");

  /** Libraries first. */
  private static final List<String> SCRIPTS =
      List.of("lib/d3.min.js", "lib/plot.umd.min.js", "table.js", "figures.js", "page.js");

  /** It escapes what would end a script or begin a tag. */
  private static final Gson JSON = new GsonBuilder().serializeNulls().create();

  private ReportPage() {}

  public static String html(Report report) throws FormatException {
    List<String> scripts = SCRIPTS.stream().map(ReportPage::resource).toList();
    Map<String, String> parts =
        Map.of(
            "policy", policy(scripts),
            "style", "<style>" + resource("page.css") + "</style>",
            "data", data(report),
            "scripts", tags(scripts.stream().map(text -> "<script>" + text + "</script>")));
    return PLACE
        .matcher(resource("page.html"))
        .replaceAll(place -> Matcher.quoteReplacement(parts.get(place.group(1))));
  }

  private static String tags(Stream<String> tags) {
    return tags.collect(Collectors.joining("\n"));
  }

  private static String policy(List<String> scripts) {
    String hashes =
        scripts.stream()
            .map(text -> InputFile.sha256().digest(text.getBytes(StandardCharsets.UTF_8)))
            .map(digest -> " 'sha256-" + Base64.getEncoder().encodeToString(digest) + "'")
            .collect(Collectors.joining());
    return "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src"
        + hashes
        + "; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">";
  }

  /** The latents of each SAE are apart, so that they are read only when they are looked at. */
  private static String data(Report report) throws FormatException {
    StringBuilder data = new StringBuilder(json("report", ReportJson.of(report)));
    int index = 0;
    for (ReportSae sae : report.saes()) {
      JsonObject latents = ReportLatents.of(sae);
      if (!ReportLatents.isEmpty(latents)) {
        data.append('\n').append(json("latents-" + index, latents));
      }
      index++;
    }
    return data.toString();
  }

  private static String json(String id, JsonObject json) {
    return "<script type=\"application/json\" id=\"%s\">%s</script>"
        .formatted(id, JSON.toJson(json));
  }

  private static String resource(String name) {
    try (InputStream in = ReportPage.class.getResourceAsStream(name)) {
      // Line ends as HTML counts them: the hashes are of those.
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
