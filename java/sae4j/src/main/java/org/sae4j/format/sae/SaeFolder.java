package org.sae4j.format.sae;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.sae4j.format.FormatException;

/**
 * The SAEs in a folder and the folders in it.
 *
 * <p>A folder that is an SAE is one SAE, whatever else lies in it. What has the name of an SAE's
 * files is listed unread, so that a damaged one is not passed over in silence. Torch archives of
 * other names can be anything: they are read, and are SAEs if they have the tensors of one.
 *
 * @param saes what to give to {@link SaeFormats#read}, in the order of their names
 * @param skipped what is wrong with torch archives that could not be read, one line each
 */
public record SaeFolder(List<SaeSource> saes, List<String> skipped) {
  private static final int MAX_DEPTH = 32;

  public SaeFolder {
    saes = List.copyOf(saes);
    skipped = List.copyOf(skipped);
  }

  /**
   * Finds all SAEs; a path that is a file, or itself an SAE, is the only one.
   *
   * @throws FormatException if a folder holds none
   */
  public static SaeFolder find(Path path) throws IOException {
    if (!Files.isDirectory(path) || isSae(path)) {
      return new SaeFolder(List.of(new SaeSource(path)), List.of());
    }
    List<SaeSource> saes = new ArrayList<>();
    List<String> skipped = new ArrayList<>();
    collect(path, 0, saes, skipped);
    if (saes.isEmpty()) {
      String why = skipped.isEmpty() ? "" : "; " + skipped.get(0);
      throw FormatException.of(path, "holds no SAE that sae4j reads" + why);
    }
    return new SaeFolder(saes, skipped);
  }

  private static void collect(Path folder, int depth, List<SaeSource> saes, List<String> skipped)
      throws IOException {
    if (depth > MAX_DEPTH) {
      throw FormatException.of(folder, "lies more than " + MAX_DEPTH + " folders deep");
    }
    for (Path path : children(folder)) {
      SaeSource source = new SaeSource(path);
      if (isSae(path) || isOtherSae(source, skipped)) {
        saes.add(source);
      } else if (Files.isDirectory(path)) {
        collect(path, depth + 1, saes, skipped);
      }
    }
  }

  private static List<Path> children(Path folder) throws IOException {
    try (Stream<Path> children = Files.list(folder)) {
      return children.sorted().toList();
    }
  }

  /** Tells an SAE by the names of files alone. */
  private static boolean isSae(Path path) throws IOException {
    return Files.isDirectory(path)
        ? SaeFormats.isSaeFolder(path)
        : path.getFileName().toString().endsWith(".npz");
  }

  private static boolean isOtherSae(SaeSource source, List<String> skipped) throws IOException {
    String name = source.path().getFileName().toString();
    if (Files.isDirectory(source.path()) || !name.endsWith(".pt") && !name.endsWith(".pth")) {
      return false;
    }
    try {
      return OpenAiSae.recognises(source) || DictionaryLearningSae.recognises(source);
    } catch (FormatException e) {
      skipped.add(e.getMessage());
      return false;
    }
  }
}
