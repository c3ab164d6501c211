package org.sae4j.cli.inspect;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.container.GgufHeader;
import org.sae4j.format.model.HuggingFaceModel;
import org.sae4j.format.sae.SaeFormats;
import org.sae4j.format.sae.SaeSource;

/**
 * What the header of a file or folder says.
 *
 * @param path the file or folder
 * @param kind {@code model} or {@code sae}
 * @param format the format, for people
 * @param facts what there is to know, in order
 * @param json the same for scripts
 * @param files the files that were read
 */
record Inspection(
    Path path, String kind, String format, List<Fact> facts, JsonObject json, List<Path> files) {

  /** One line about a file. */
  record Fact(String name, String value) {}

  /** Recognises a file or folder and reads its header. */
  static Inspection of(SaeSource source) throws IOException {
    Path path = source.path();
    if (Files.notExists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    if (Files.isDirectory(path)) {
      return isModelFolder(path)
          ? ModelInspection.of(HuggingFaceModel.read(path))
          : SaeInspection.of(SaeFormats.read(source, SaeOverrides.none()));
    }
    return GgufHeader.recognises(path)
        ? ModelInspection.of(GgufHeader.read(path))
        : SaeInspection.of(SaeFormats.read(source, SaeOverrides.none()));
  }

  /** SAE folders have a configuration of another name, or no weights of this name. */
  static boolean isModelFolder(Path folder) {
    return HuggingFaceModel.isIn(folder);
  }

  void print(PrintWriter out) {
    out.println(path + ": " + kind + ", " + format);
    facts.forEach(fact -> out.printf("  %-14s%s%n", fact.name(), fact.value()));
  }
}
