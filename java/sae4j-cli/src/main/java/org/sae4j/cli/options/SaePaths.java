package org.sae4j.cli.options;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.sae4j.format.sae.SaeFolder;
import org.sae4j.format.sae.SaeSource;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Finds the SAEs that {@code --sae} names: files, and folders of them. */
public final class SaePaths {
  private SaePaths() {}

  /**
   * The one SAE that a path names.
   *
   * @throws ParameterException if it names several
   */
  public static SaeSource one(Path given, CommandLine command) throws IOException {
    List<SaeSource> saes = expand(List.of(given), command.getErr());
    if (saes.size() > 1) {
      throw new ParameterException(
          command,
          "--sae: expected one SAE, found a folder of %d, such as %s"
              .formatted(saes.size(), saes.get(0).path()));
    }
    return saes.get(0);
  }

  /** Puts the SAEs of a folder in its place, and says which files in it could not be read. */
  public static List<SaeSource> expand(List<Path> given, PrintWriter notes) throws IOException {
    List<SaeSource> saes = new ArrayList<>();
    for (Path path : given) {
      if (Files.notExists(path)) {
        throw new NoSuchFileException(path.toString());
      }
      SaeFolder folder = SaeFolder.find(path);
      folder.skipped().forEach(each -> notes.println("warning: skipped " + each));
      saes.addAll(folder.saes());
    }
    return saes;
  }
}
