package org.sae4j.engine.loader;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A place for libraries that are copied out of a jar. */
sealed interface ExtractionPlace {
  /** The system property that names a folder for extracted libraries. */
  String CACHE = "org.sae4j.library.cache";

  /** What helps if there is no place. */
  String ADVICE =
      "Start Java with -D%s=FOLDER, a folder where files may be written and libraries loaded."
          .formatted(CACHE);

  /** Copies the libraries, unless they are there. */
  Extracted extract(LibrarySource.Jar jar) throws IOException;

  /** Libraries in a folder; closed when they are loaded. */
  interface Extracted extends AutoCloseable {
    Path folder();

    @Override
    default void close() {}
  }

  /** What is done with a folder that has the libraries. */
  interface Use {
    /** Throws IOException if libraries may not be loaded from there, whatever they are. */
    void of(Path folder) throws IOException;
  }

  /** Copies the libraries to the first place where they can be used. */
  static void useFirst(LibrarySource.Jar jar, Use use, Steps steps) {
    List<String> refusals = new ArrayList<>();
    for (ExtractionPlace place : inOrder()) {
      try (Extracted extracted = place.extract(jar)) {
        steps.done("folder for extracted libraries", extracted.folder());
        use.of(extracted.folder());
        return;
      } catch (IOException | InvalidPathException e) {
        String refusal = place + ": " + reason(e);
        steps.done("passed over", refusal);
        refusals.add(refusal);
      }
    }
    throw EngineLoadException.forNow(
        "Cannot use a folder for the native libraries: %s. %s"
            .formatted(String.join("; ", refusals), ADVICE),
        null);
  }

  private static String reason(Exception e) {
    boolean isSaid = !(e instanceof FileSystemException file) || file.getReason() != null;
    return isSaid && e.getMessage() != null ? e.getMessage() : e.toString();
  }

  /** The places that come into question; if the user wants one, no other does. */
  static List<ExtractionPlace> inOrder() {
    Stream<ExtractionPlace> given =
        Optional.ofNullable(System.getProperty(LibrarySource.PATH)).stream().map(Given::new);
    String wanted = System.getProperty(CACHE);
    Stream<ExtractionPlace> made =
        wanted != null
            ? Stream.of(new Wanted(wanted))
            : Stream.concat(usualCache().map(Usual::new).stream(), Stream.of(new Temporary()));
    return Stream.concat(given, made).toList();
  }

  /** Where the system keeps what can be made again; nowhere for a user without a home. */
  private static Optional<String> usualCache() {
    for (String variable : List.of("XDG_CACHE_HOME", "LOCALAPPDATA")) {
      String folder = System.getenv(variable);
      if (folder != null && !folder.isEmpty()) {
        return Optional.of(folder + "/sae4j/native");
      }
    }
    String home = System.getProperty("user.home", "");
    return home.startsWith("?") ? Optional.empty() : Optional.of(home + "/.cache/sae4j/native");
  }

  /** The folder that already has the engine's libraries, and perhaps those of others. */
  record Given(String base) implements ExtractionPlace {
    @Override
    public Extracted extract(LibrarySource.Jar jar) throws IOException {
      Path folder = Path.of(base).toAbsolutePath();
      for (LibraryList.Library library : jar.list().libraries()) {
        if (!library.isIn(folder.resolve(library.file()))) {
          throw new IOException(library.file() + " is not the one of the jar");
        }
      }
      return () -> folder;
    }

    @Override
    public String toString() {
      return base;
    }
  }

  /**
   * The user's cache, with one folder in it for each version; nobody else may write to any of it.
   */
  record Usual(String base) implements ExtractionPlace {
    @Override
    public Extracted extract(LibrarySource.Jar jar) throws IOException {
      Ownership ownership = Ownership.ofThisProcess();
      Path folder = ownership.folder(Path.of(base).toAbsolutePath().resolve(jar.list().folder()));
      LibraryCache.fill(folder, jar, ownership);
      return () -> folder;
    }

    @Override
    public String toString() {
      return base;
    }
  }

  /**
   * The same in the folder that the user names. That is taken as it is, since the volumes of
   * containers are often open to all; what is in it is not.
   */
  record Wanted(String base) implements ExtractionPlace {
    @Override
    public Extracted extract(LibrarySource.Jar jar) throws IOException {
      Ownership ownership = Ownership.ofThisProcess();
      Path real = Files.createDirectories(Path.of(base).toAbsolutePath()).toRealPath();
      Path folder = ownership.folder(real, Path.of(jar.list().folder()));
      LibraryCache.fill(folder, jar, ownership);
      return () -> folder;
    }

    @Override
    public String toString() {
      return base;
    }
  }

  /** A new folder that goes when the libraries are loaded. */
  record Temporary() implements ExtractionPlace {
    @Override
    public Extracted extract(LibrarySource.Jar jar) throws IOException {
      TemporaryFolder temporary = TemporaryFolder.create();
      try {
        for (LibraryList.Library library : jar.list().libraries()) {
          jar.copy(library, temporary.folder().resolve(library.file()));
        }
        return temporary;
      } catch (IOException | RuntimeException e) {
        temporary.close();
        throw e;
      }
    }

    @Override
    public String toString() {
      return System.getProperty("java.io.tmpdir");
    }
  }
}
