package org.sae4j.engine.loader;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;

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
   * @param crc32c of all these bytes: a power failure can leave zeros where they were
   */
  record Library(String name, String file, long size, long crc32c) {
    /** Whether a file has these bytes. */
    boolean isIn(Path path) throws IOException {
      if (Files.size(path) != size) {
        return false;
      }
      CRC32C read = new CRC32C();
      ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18);
      try (FileChannel channel = FileChannel.open(path)) {
        while (channel.read(buffer) >= 0) {
          read.update(buffer.flip());
          buffer.clear();
        }
      }
      return read.getValue() == crc32c;
    }

    /** Whether Java calls it, so that every class loader must have its own. */
    boolean hasNativeMethods() {
      return name.startsWith("jni");
    }

    /** Whether it is a library that OpenBLAS needs, or OpenBLAS itself; the engine runs without. */
    boolean isOfOpenBlas() {
      return !name.contains("sae4j");
    }

    /** Whether it is OpenBLAS, which the engine opens, because that takes some care. */
    boolean isOpenBlas() {
      return name.contains("openblas");
    }
  }

  /** Where OpenBLAS is, of libraries in a folder. */
  Path openBlas(Path folder) {
    return libraries.stream()
        .filter(Library::isOpenBlas)
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
    if (parts.length != 4 || !parts[2].matches("\\d{1,18}") || !parts[3].matches("[0-9a-f]{8}")) {
      throw malformed(where);
    }
    return new Library(parts[0], parts[1], Long.parseLong(parts[2]), Long.parseLong(parts[3], 16));
  }

  private static EngineLoadException malformed(String where) {
    return new EngineLoadException(where + " is not a list of sae4j's native libraries.");
  }
}
