package org.sae4j.engine.loader;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
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
      } catch (EngineLoadException e) {
        throw e;
      } catch (IOException | RuntimeException e) {
        steps.done("passed over", place + ": " + e);
        refusals.add(place + ": " + e);
      }
    }
    throw new EngineLoadException(
        "Cannot use a folder for the native libraries: %s. %s"
            .formatted(String.join("; ", refusals), ADVICE));
  }

  /** The places that come into question; if the user wants one, no other does. */
  static List<ExtractionPlace> inOrder() {
    String wanted = System.getProperty(CACHE);
    if (wanted != null) {
      return List.of(new Kept(wanted));
    }
    Optional<ExtractionPlace> usual = usualCache().map(Kept::new);
    return Stream.concat(usual.stream(), Stream.of(new Temporary())).toList();
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

  /** A folder that stays, with one folder in it for each version. */
  record Kept(String base) implements ExtractionPlace {
    @Override
    public Extracted extract(LibrarySource.Jar jar) throws IOException {
      Path folder = LibraryCache.extract(jar, Path.of(base).toAbsolutePath());
      return () -> folder;
    }

    @Override
    public String toString() {
      return base;
    }
  }

  /**
   * A new folder that nobody else can write to. It goes when the libraries are loaded; Windows does
   * not delete loaded ones, so what another process left behind goes then.
   */
  record Temporary() implements ExtractionPlace {
    private static final String PREFIX = "sae4j-native-";
    private static final Pattern OURS = Pattern.compile(PREFIX + "\\d+");

    @Override
    public Extracted extract(LibrarySource.Jar jar) throws IOException {
      Path folder = Path.of(System.getProperty("java.io.tmpdir"));
      StaleFiles.deleteIn(folder, OURS, Duration.ofDays(1));
      Path base = Files.createTempDirectory(PREFIX);
      try {
        return new TemporaryFolder(base, LibraryCache.extract(jar, base));
      } catch (IOException | RuntimeException e) {
        StaleFiles.delete(base);
        throw e;
      }
    }

    @Override
    public String toString() {
      return System.getProperty("java.io.tmpdir");
    }
  }

  /** A folder within one that is deleted. */
  record TemporaryFolder(Path base, Path folder) implements Extracted {
    @Override
    public void close() {
      StaleFiles.delete(base);
    }
  }
}
