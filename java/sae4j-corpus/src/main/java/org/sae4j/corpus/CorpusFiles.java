package org.sae4j.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.sae4j.format.FormatException;

/**
 * The files that a corpus is read from, in order.
 *
 * <p>A corpus is read more than once: for its mean, for its numbers, for its SHA-256. A file that
 * changes in between is refused, because the results would belong to no single text.
 */
public final class CorpusFiles {
  private final List<Path> paths;
  private final Map<Path, Stamp> stamps = new ConcurrentHashMap<>();

  /** What tells that a file is the one that it was. */
  private record Stamp(long size, FileTime modified, Optional<Object> key) {
    static Stamp of(Path file) throws IOException {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return new Stamp(now.size(), now.lastModifiedTime(), Optional.ofNullable(now.fileKey()));
    }

    @Override
    public String toString() {
      return size + " bytes of " + modified;
    }
  }

  private CorpusFiles(List<Path> paths) {
    this.paths = List.copyOf(paths);
    if (paths.isEmpty()) {
      throw new IllegalArgumentException("a corpus needs a file");
    }
  }

  /** Takes files as they are named. */
  public static CorpusFiles of(List<Path> files) {
    return new CorpusFiles(files);
  }

  /**
   * Finds the files that names stand for: a file for itself, a folder for the files in it, and a
   * pattern, such as {@code data/train-*.parquet}, for the files that it matches.
   *
   * <p>The files of a folder or pattern come by the order of their names, letter by letter: {@code
   * part-10} before {@code part-2}. In a pattern {@code *} and {@code ?} stand for letters of one
   * name, {@code **} for folders of any depth too, {@code [ab]} and {@code {a,b}} for alternatives.
   * A name that exists is no pattern.
   *
   * @throws FormatException if a folder holds files of several kinds or splits, or no file matches
   */
  public static CorpusFiles find(List<String> names) throws IOException {
    List<Path> found = new ArrayList<>();
    for (String name : names) {
      found.addAll(NamedFiles.of(name));
    }
    return new CorpusFiles(found);
  }

  /** The files, one or more. */
  public List<Path> paths() {
    return paths;
  }

  /**
   * Fails if a file is not what it was when it was first opened, or this was first asked.
   *
   * @throws FormatException naming the file
   */
  public void requireUnchanged() throws IOException {
    for (Path file : paths) {
      requireUnchanged(file);
    }
  }

  /** The same of one file. */
  void requireUnchanged(Path file) throws IOException {
    Stamp now = Stamp.of(file);
    Stamp before = stamps.computeIfAbsent(file, path -> now);
    if (!before.equals(now)) {
      throw FormatException.mismatch(
          file,
          "the file changed while it was in use",
          before.toString(),
          before.toString().equals(now.toString()) ? "another file in its place" : now);
    }
  }
}
