package org.sae4j.results.report;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;
import org.sae4j.results.InputFile;
import org.sae4j.results.JsonDocument;
import org.sae4j.results.ResultRange;

/**
 * A document that a command wrote with {@code --json}.
 *
 * @param file the file
 * @param sha256 of its bytes
 * @param command the command that wrote it
 * @param header all but its results
 * @param results by the paths of the SAEs, in the order of the command line
 * @param all what it says of all of them together
 */
public record ResultDocument(
    Path file,
    String sha256,
    String command,
    JsonFields header,
    List<Map.Entry<String, Measured>> results,
    JsonFields all) {
  private static final Pattern SCHEMA = Pattern.compile("sae4j/([a-z]+)/([0-9]+)");
  private static final List<String> COMMANDS = List.of("eval", "ablate", "latent");

  public static ResultDocument read(Path file) throws IOException {
    MessageDigest digest = InputFile.sha256();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      // Not the charset itself: it would read anything.
      InputStreamReader utf8 = new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder());
      ResultReader reader = new ResultReader(file, new BufferedReader(utf8, 1 << 16)).read();
      in.transferTo(OutputStream.nullOutputStream());
      return of(file, HexFormat.of().formatHex(digest.digest()), reader);
    }
  }

  private static ResultDocument of(Path file, String sha256, ResultReader reader)
      throws FormatException {
    JsonFields header = reader.header();
    String command = command(header);
    Measured results = reader.results();
    JsonFields all = ResultRange.check(file, "results.", results.json);
    List<Map.Entry<String, Measured>> bySae =
        results.saes.isEmpty()
            ? List.of(Map.entry(onlySae(header, all), results))
            : several(file, results);
    for (Map.Entry<String, Measured> entry : bySae) {
      reader
          .linesOf(results.saes.isEmpty() ? "" : entry.getKey())
          .ifPresent(lines -> entry.getValue().takeEffects(lines));
    }
    return new ResultDocument(file, sha256, command, header, bySae, all);
  }

  private static String command(JsonFields header) throws FormatException {
    String schema = header.string("schema").orElseThrow(() -> header.missing("schema"));
    Matcher matcher = SCHEMA.matcher(schema);
    if (!matcher.matches() || !COMMANDS.contains(matcher.group(1))) {
      throw header.mismatch("schema", "results of eval, ablate or latent");
    }
    int newest = JsonDocument.schemaVersion(matcher.group(1));
    if (IntStream.rangeClosed(1, newest).noneMatch(v -> matcher.group(2).equals("" + v))) {
      throw header.mismatch(
          "schema",
          "version %s, which this sae4j reads".formatted(newest == 1 ? "1" : "1 to " + newest));
    }
    return matcher.group(1);
  }

  private static List<Map.Entry<String, Measured>> several(Path file, Measured results)
      throws FormatException {
    List<Map.Entry<String, Measured>> several = new ArrayList<>();
    for (Measured one : results.saes) {
      JsonFields json = ResultRange.check(file, one.path, one.json);
      several.add(Map.entry(json.string("sae").orElseThrow(() -> json.missing("sae")), one));
    }
    return several;
  }

  /** The SAE that results without a name are of. */
  private static String onlySae(JsonFields header, JsonFields results) throws FormatException {
    Optional<String> named = results.string("sae");
    if (named.isPresent()) {
      return named.get();
    }
    List<JsonFields> saes = inputs(header, "sae");
    if (saes.size() != 1) {
      throw header.mismatch("inputs", "the SAE that the results are of", saes.size() + " SAEs");
    }
    return saes.get(0).string("path").orElseThrow(() -> saes.get(0).missing("path"));
  }

  private static List<JsonFields> inputs(JsonFields header, String kind) throws FormatException {
    List<JsonFields> found = new ArrayList<>();
    for (JsonFields input : header.objects("inputs")) {
      if (input.string("kind").equals(Optional.of(kind))) {
        found.add(input);
      }
    }
    return found;
  }

  /** What the document says of an SAE itself. */
  public Optional<JsonFields> sae(String path) throws FormatException {
    for (JsonFields input : inputs(header, "sae")) {
      if (input.string("path").equals(Optional.of(path))) {
        return Optional.of(input);
      }
    }
    return Optional.empty();
  }

  /** What it says of the model. */
  public Optional<JsonFields> model() throws FormatException {
    return inputs(header, "model").stream().findFirst();
  }

  /** What it says of each file of text or tokens, which go by several kinds. */
  List<JsonFields> texts() throws FormatException {
    List<JsonFields> found = new ArrayList<>();
    for (JsonFields input : header.objects("inputs")) {
      String kind = input.string("kind").orElse("");
      if (!kind.equals("model") && !kind.equals("sae")) {
        found.add(input);
      }
    }
    return found;
  }

  public JsonFields options() throws FormatException {
    return header.objectOrEmpty("options");
  }

  /** The string of a key, empty if there is none. */
  static String text(Optional<JsonFields> json, String key) throws FormatException {
    return json.isPresent() ? json.get().string(key).orElse("") : "";
  }

  /** What is measured, with its place in the file. */
  public JsonFields json(Measured measured) {
    return ResultRange.check(file, measured.path, measured.json);
  }

  /** The name of the file, without its folder. */
  public String name() {
    return file.getFileName().toString();
  }
}
