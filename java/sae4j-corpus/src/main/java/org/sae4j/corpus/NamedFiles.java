package org.sae4j.corpus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.sae4j.format.FormatException;

/** The files that a name stands for, which may be a folder or a pattern. */
final class NamedFiles {
  /** Up to the last separator before the first sign of a pattern, and the rest. */
  private static final Pattern PATTERN = Pattern.compile("(?s)((?:[^*?\\[{]*/)?)([^/]*[*?\\[{].*)");

  private static final String ANY_DEPTH = "**/";

  private NamedFiles() {}

  static List<Path> of(String name) throws IOException {
    Matcher pattern = PATTERN.matcher(name);
    if (!pattern.matches() || exists(name)) {
      Path path = Path.of(name);
      return Files.isDirectory(path) ? FolderFiles.of(path) : List.of(path);
    }
    Path folder = Path.of(pattern.group(1));
    List<Path> files = matching(folder, pattern.group(2));
    if (files.isEmpty()) {
      throw FormatException.of(
          folder.toAbsolutePath(), "no file matches '" + pattern.group(2) + "'");
    }
    return files;
  }

  private static boolean exists(String name) {
    try {
      return Files.exists(Path.of(name), LinkOption.NOFOLLOW_LINKS);
    } catch (InvalidPathException e) {
      return false; // as on Windows with a star
    }
  }

  private static List<Path> matching(Path folder, String pattern) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<PathMatcher> matchers = matchers(folder, pattern);
    boolean hidden = pattern.startsWith(".") || pattern.contains("/.");
    int depth = pattern.contains("**") ? Integer.MAX_VALUE : pattern.split("/").length;
    try (Stream<Path> walk = Files.walk(folder, depth, FileVisitOption.FOLLOW_LINKS)) {
      return walk.filter(Files::isRegularFile)
          .filter(file -> hidden || !isHidden(folder.relativize(file)))
          .filter(file -> matchers.stream().anyMatch(m -> m.matches(folder.relativize(file))))
          .sorted(Comparator.comparing(Path::toString))
          .toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** As elsewhere, a pattern for folders of any depth is one for none too. */
  private static List<PathMatcher> matchers(Path folder, String pattern) throws FormatException {
    try {
      return Stream.of(pattern, pattern.replace(ANY_DEPTH, ""))
          .distinct()
          .map(glob -> FileSystems.getDefault().getPathMatcher("glob:" + glob))
          .toList();
    } catch (PatternSyntaxException e) {
      throw FormatException.of(
          folder.toAbsolutePath(), "'" + pattern + "' is no pattern: " + e.getDescription(), e);
    }
  }

  private static boolean isHidden(Path relative) {
    return StreamSupport.stream(relative.spliterator(), false)
        .anyMatch(element -> element.toString().startsWith("."));
  }
}
