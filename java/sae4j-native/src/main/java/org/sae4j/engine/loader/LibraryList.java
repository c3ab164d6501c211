package org.sae4j.engine.loader;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.List;

/**
 * The native libraries of a platform in the order of loading, as {@code CollectLibraries.cmake}
 * wrote them down.
 *
 * @param folder a name for a folder with them: version, platform, and a hash of all their bytes
 */
record LibraryList(String folder, List<Library> libraries) {
  /** The file that lists the libraries beside it. */
  static final String FILE = "libraries.txt";

  /**
   * One library.
   *
   * @param name what JavaCPP calls it
   * @param size of its file in bytes
   */
  record Library(String name, String file, long size) {
    /** Whether Java calls it, so that every class loader must have its own. */
    boolean hasNativeMethods() {
      return name.startsWith("jni");
    }

    /** Whether it is OpenBLAS, or a library that OpenBLAS needs; the engine runs without. */
    boolean isOfOpenBlas() {
      return !name.contains("sae4j");
    }
  }

  /** Where OpenBLAS is, of libraries in a folder. */
  Path openBlas(Path folder) {
    return libraries.stream()
        .filter(library -> library.name().contains("openblas"))
        .map(library -> folder.resolve(library.file()))
        .findFirst()
        .orElseThrow(() -> malformed(folder.toString()));
  }

  /** Reads a list. */
  static LibraryList read(InputStream in, String where) throws IOException {
    BufferedReader reader = new BufferedReader(new InputStreamReader(in, UTF_8));
    String folder = reader.readLine();
    List<Library> libraries = reader.lines().map(line -> library(line, where)).toList();
    if (libraries.isEmpty()) {
      throw malformed(where);
    }
    return new LibraryList(folder, libraries);
  }

  private static Library library(String line, String where) {
    String[] parts = line.split(" ");
    if (parts.length != 3 || !parts[2].matches("\\d{1,18}")) {
      throw malformed(where);
    }
    return new Library(parts[0], parts[1], Long.parseLong(parts[2]));
  }

  private static EngineLoadException malformed(String where) {
    return new EngineLoadException(where + " is not a list of sae4j's native libraries.");
  }
}
