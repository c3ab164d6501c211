package org.sae4j.cli.inspect;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.sae4j.cli.options.JsonOption;
import org.sae4j.cli.options.SaePaths;
import org.sae4j.cli.terminal.Checksums;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.cli.terminal.Failures;
import org.sae4j.format.sae.SaeSource;
import org.sae4j.results.InputFile;
import org.sae4j.results.JsonDocument;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code inspect}: shows what model and SAE files contain. */
@Command(
    name = "inspect",
    description = {
      "Shows what a model or SAE file holds (format, shapes, activation, normalisation, hook) and"
          + " what sae4j would assume. Reads headers, not weights."
    })
public final class InspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "FILE",
      description = "Models, SAEs and folders of SAEs, in any format.")
  private List<Path> paths;

  @Mixin private JsonOption json;

  /** Goes on after a file that cannot be read, so that one bad file does not hide the others. */
  @Override
  public Integer call() throws IOException {
    json.requireWritable();
    JsonDocument document = new JsonDocument("inspect");
    JsonArray found = new JsonArray();
    int exitCode = ExitCode.DONE;
    for (Path given : paths) {
      try {
        for (SaeSource each : expand(given)) {
          exitCode = Math.max(exitCode, inspect(each, document, found));
        }
      } catch (IOException e) {
        exitCode = new Failures().report(e, spec.commandLine());
      }
    }
    if (json.wanted()) {
      JsonObject results = new JsonObject();
      results.add("files", found);
      json.write(document.results(results));
    }
    return exitCode;
  }

  private List<SaeSource> expand(Path path) throws IOException {
    return Inspection.isModelFolder(path)
        ? List.of(new SaeSource(path))
        : SaePaths.expand(List.of(path), spec.commandLine().getErr());
  }

  private int inspect(SaeSource source, JsonDocument document, JsonArray found) throws IOException {
    try {
      Inspection inspection = Inspection.of(source);
      inspection.print(json.text());
      found.add(json(inspection));
      if (json.wanted()) {
        JsonObject shape = inspection.json().getAsJsonObject("shape");
        document.input(
            Checksums.shown(
                p -> InputFile.of(inspection.kind(), source.path(), inspection.files(), shape, p)));
      }
      return ExitCode.DONE;
    } catch (IOException e) {
      return new Failures().report(e, spec.commandLine());
    }
  }

  private static JsonObject json(Inspection inspection) {
    JsonObject json = new JsonObject();
    json.addProperty("path", inspection.path().toString());
    json.addProperty("kind", inspection.kind());
    json.addProperty("format", inspection.format());
    for (Map.Entry<String, JsonElement> entry : inspection.json().entrySet()) {
      json.add(entry.getKey(), entry.getValue());
    }
    return json;
  }
}
