package org.sae4j.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.sae4j.format.FormatException;

/**
 * The files of a corpus in a folder, such as the shards of a data set.
 *
 * <p>They have to be of one kind, as their names say, and of one split, all of it.
 */
final class FolderFiles {
  /** What stands beside the shards of a data set and is none. */
  private static final Pattern COMPANION =
      Pattern.compile(
          "(?i)[._].*|dataset_infos?\\.json|(readme|licen[sc]e|notice|citation)(\\..*)?");

  private static final Pattern KIND = Pattern.compile("(?i).*?(\\.[a-z0-9]+)?(\\.(gz|zst|zstd))?");
  private static final Pattern SHARD = Pattern.compile("(.+)-\\d{5}-of-(\\d{5})\\b.*");

  private FolderFiles() {}

  static List<Path> of(Path folder) throws IOException {
    List<Path> folders = new ArrayList<>();
    List<Path> files = new ArrayList<>();
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path entry : entries.sorted(Comparator.comparing(Path::toString)).toList()) {
        boolean companion = COMPANION.matcher(name(entry)).matches();
        if (Files.isDirectory(entry) && !companion) {
          folders.add(entry);
        } else if (Files.isRegularFile(entry) && !companion) {
          files.add(entry);
        }
      }
    }
    requireNoArrow(folder, files);
    if (files.isEmpty() && folders.size() == 1) {
      return of(folders.get(0));
    }
    requireOneKind(folder, files, folders);
    requireOneSplit(folder, files);
    return files;
  }

  private static void requireNoArrow(Path folder, List<Path> files) throws FormatException {
    Set<String> names = files.stream().map(FolderFiles::name).collect(Collectors.toSet());
    if (names.contains("dataset_dict.json")) {
      throw FormatException.of(
          folder, ArrowFile.REFUSAL.replace("(FOLDER)", "(FOLDER)[\"train\"]"));
    }
    if (names.contains("state.json") || names.stream().anyMatch(name -> name.endsWith(".arrow"))) {
      throw FormatException.of(folder, ArrowFile.REFUSAL);
    }
  }

  private static void requireOneKind(Path folder, List<Path> files, List<Path> folders)
      throws FormatException {
    Map<String, Long> found = new TreeMap<>();
    files.forEach(file -> found.merge(kind(file), 1L, Long::sum));
    if (found.size() == 1 && folders.isEmpty()) {
      return;
    }
    String kinds =
        found.entrySet().stream()
            .map(kind -> kind.getValue() + " " + kind.getKey())
            .collect(Collectors.joining(", "));
    String inIt = folders.stream().map(FolderFiles::name).collect(Collectors.joining(", "));
    throw FormatException.mismatch(
        folder,
        "a folder as input",
        "files of one kind",
        (kinds.isEmpty() ? "none" : kinds)
            + (inIt.isEmpty() ? "" : "; folders " + inIt)
            + ": name what is meant, perhaps by a pattern such as '"
            + folder.resolve("*.parquet")
            + "'");
  }

  private static String kind(Path file) {
    Matcher name = KIND.matcher(name(file));
    String suffix = name.matches() ? name.group(1) : null;
    return suffix == null ? "without a suffix" : suffix.toLowerCase(Locale.ROOT);
  }

  private static void requireOneSplit(Path folder, List<Path> files) throws FormatException {
    Map<String, Long> shards = new TreeMap<>();
    String total = "";
    for (Path file : files) {
      Matcher shard = SHARD.matcher(name(file));
      if (shard.matches()) {
        shards.merge(shard.group(1), 1L, Long::sum);
        total = shard.group(2);
      }
    }
    if (shards.isEmpty()) {
      return;
    }
    String first = shards.keySet().iterator().next();
    String pattern = "name what is meant by a pattern: '" + folder.resolve(first + "-*") + "'";
    if (shards.size() > 1) {
      throw FormatException.mismatch(
          folder, "a folder as input", "one split", shards.keySet() + ": " + pattern);
    }
    if (shards.get(first) != Long.parseLong(total)) {
      throw FormatException.mismatch(
          folder,
          "a folder as input",
          total + " files " + first + "-*",
          shards.get(first) + ": if those are meant, " + pattern);
    }
  }

  private static String name(Path path) {
    return path.getFileName().toString();
  }
}
