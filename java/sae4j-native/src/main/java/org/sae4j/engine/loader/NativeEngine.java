package org.sae4j.engine.loader;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.sae4j.engine.global.sae4j;
import org.sae4j.engine.loader.LibraryList.Library;

/**
 * Loads the native libraries, once, in a fixed order. Call {@link #load()} before anything else of
 * this package; each step is logged to the {@link System.Logger} of this class at debug level.
 *
 * <p>They are taken from the folder that the system property {@code org.sae4j.library.path} names,
 * or else from the jar of this platform, out of which they are copied into the user's cache folder,
 * or else into a temporary one; {@code org.sae4j.library.cache} names another.
 */
public final class NativeEngine {
  private static final String MAX_PHYSICAL_BYTES = "org.bytedeco.javacpp.maxPhysicalBytes";

  private static boolean loaded;
  private static String openBlasFailure;
  private static EngineLoadException failure;

  private NativeEngine() {}

  /**
   * Loads the engine if it is not loaded yet.
   *
   * @throws EngineLoadException if it cannot be loaded; later calls say the same again, unless it
   *     was for want of memory or of a folder: then they try again
   */
  public static synchronized void load() {
    if (loaded) {
      return;
    }
    if (failure != null) {
      throw new EngineLoadException(failure.getMessage(), failure);
    }
    try {
      loadInOrder();
      loaded = true;
    } catch (EngineLoadException e) {
      failure = e.mayPass() ? null : e;
      throw e;
    } catch (LinkageError e) {
      failure =
          new EngineLoadException(
              "JavaCPP's classes cannot be initialised (%s), perhaps because memory is short; only a new JVM can try again."
                  .formatted(e),
              e);
      throw failure;
    } catch (IOException e) {
      throw EngineLoadException.forNow("Cannot load the native libraries: " + e.getMessage(), e);
    }
  }

  /** Why OpenBLAS cannot be used here, if it cannot; then sae4j's own kernels do its work. */
  public static synchronized Optional<String> openBlasFailure() {
    return Optional.ofNullable(openBlasFailure);
  }

  private static void loadInOrder() throws IOException {
    // JavaCPP would refuse to allocate a byte once the process, models included, has grown past a
    // multiple of the Java heap. It reads the property when its first class is initialised.
    if (System.getProperty(MAX_PHYSICAL_BYTES) == null) {
      System.setProperty(MAX_PHYSICAL_BYTES, "0");
    }
    requireOneClassLoader();
    Steps steps = new Steps();
    // OpenBLAS chooses well; a setting left over from other work can halve its speed
    String kernels = System.getenv("OPENBLAS_CORETYPE");
    steps.done("OPENBLAS_CORETYPE", kernels == null ? "not set" : kernels);

    LibrarySource source = LibrarySource.find(Loader.getPlatform());
    steps.done("source", source);
    if (source instanceof LibrarySource.Folder folder) {
      loadAll(folder.list(), folder.path(), steps);
    } else if (source instanceof LibrarySource.Jar jar) {
      ExtractionPlace.useFirst(jar, at -> loadAll(jar.list(), at, steps), steps);
    }
  }

  /** Throws IOException if libraries may not be loaded from this folder, whatever they are. */
  private static void loadAll(LibraryList list, Path folder, Steps steps) throws IOException {
    LibraryLoader loader = new LibraryLoader(steps);
    openBlasFailure = null;
    for (Library library : list.libraries()) {
      if (library.isOpenBlas() || (library.isOfOpenBlas() && openBlasFailure != null)) {
        continue;
      }
      Optional<LinkFailure> failure = loader.load(library, folder);
      if (failure.isPresent() && !library.isOfOpenBlas()) {
        throw failure.get().exception(folder.resolve(library.file()));
      }
      // OpenBLAS needs more of a system than the engine, whose own kernels can do without it
      openBlasFailure =
          failure.map(it -> library.file() + ": " + it.explanation()).orElse(openBlasFailure);
      if (library.name().equals(Cpu.LIBRARY)) {
        requireCpu();
      }
    }
    JavaCppLoader.initialiseBinding();
    openOpenBlas(list.openBlas(folder), steps);
  }

  /** The engine calls OpenBLAS only where it is told to, and not what it happens to find. */
  private static void openOpenBlas(Path library, Steps steps) {
    if (openBlasFailure == null
        && sae4j.sae4j_open_openblas(library.toString()) != sae4j.SAE4J_OK) {
      String said = sae4j.sae4j_last_error().getString(UTF_8);
      LinkFailure failure = LinkFailure.of(new UnsatisfiedLinkError(said), library);
      openBlasFailure = library.getFileName() + ": " + failure.explanation();
    }
    steps.done("OpenBLAS", openBlasFailure == null ? "in use" : "not used: " + openBlasFailure);
  }

  private static void requireCpu() {
    String missing = Cpu.missing();
    if (missing != null) {
      throw new EngineLoadException(
          "This CPU cannot run sae4j: it lacks " + missing + "; sae4j needs x86-64-v2.");
    }
  }

  /** The binding and JavaCPP's classes, from which it inherits, call one library. */
  private static void requireOneClassLoader() {
    ClassLoader own = NativeEngine.class.getClassLoader();
    ClassLoader javaCpp = Loader.class.getClassLoader();
    if (own != javaCpp) {
      throw new EngineLoadException(
          "sae4j-native is in class loader %s, but javacpp in %s; put both jars into the same place."
              .formatted(own, javaCpp));
    }
  }
}
