package org.sae4j.engine;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.ClassProperties;
import org.bytedeco.javacpp.Loader;

/**
 * Loads the native libraries, once, in a fixed order. Call {@link #load()} before anything else of
 * this package; each step is logged to the {@link System.Logger} of this class at debug level.
 */
public final class NativeEngine {
  private static final String CACHE = "org.bytedeco.javacpp.cachedir";
  private static final String MAX_PHYSICAL_BYTES = "org.bytedeco.javacpp.maxPhysicalBytes";
  private static final String ADVICE =
      "Start Java with -D%s=FOLDER, a folder where files may be written and libraries loaded."
          .formatted(CACHE);
  private static final Logger LOG = System.getLogger(NativeEngine.class.getName());

  private static boolean loaded;
  private static EngineLoadException failure;

  private NativeEngine() {}

  /**
   * Loads the engine if it is not loaded yet.
   *
   * @throws EngineLoadException if it cannot be loaded; later calls say the same again
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
      failure = e;
      throw e;
    }
  }

  private static void loadInOrder() {
    // JavaCPP would refuse to allocate a byte once the process, models included, has grown past a
    // multiple of the Java heap. It reads the property when its first class is initialised.
    if (System.getProperty(MAX_PHYSICAL_BYTES) == null) {
      System.setProperty(MAX_PHYSICAL_BYTES, "0");
    }
    Steps steps = new Steps();
    steps.done("folder for extracted libraries", cacheFolder());

    steps.done("CPU check", loading("jnisae4j_cpu", Cpu::load));
    String missing = Cpu.missing();
    if (missing != null) {
      throw new EngineLoadException(
          "This CPU cannot run sae4j: it lacks " + missing + "; sae4j needs x86-64-v2.");
    }
    // OpenBLAS chooses well; a setting left over from other work can halve the speed
    String kernels = System.getenv("OPENBLAS_CORETYPE");
    steps.done("OPENBLAS_CORETYPE", kernels == null ? "not set" : kernels);

    Class<?> presets = org.sae4j.engine.presets.sae4j.class;
    ClassProperties properties = Loader.loadProperties(presets, Loader.loadProperties(), true);
    for (String library : properties.get("platform.preload")) {
      steps.done(library, loading(library, () -> loadFromClassPath(library, properties)));
    }
    // libsae4j and the binding to it
    Class<?> binding = org.sae4j.engine.global.sae4j.class;
    steps.done("sae4j", loading("sae4j", () -> Loader.load(binding)));
  }

  /** Only what the jars hold: a system's own OpenBLAS or MKL would compute other numbers. */
  private static String loadFromClassPath(String library, ClassProperties properties) {
    Class<?> presets = org.sae4j.engine.presets.sae4j.class;
    URL[] found = Loader.findLibrary(presets, properties, library, false);
    if (found.length == 0) {
      throw new EngineLoadException(
          "No library \"%s\" for %s on the class path; is the openblas jar of this platform there?"
              .formatted(library, Loader.getPlatform()));
    }
    return Loader.loadLibrary(presets, found, library);
  }

  /**
   * JavaCPP would silently pass over a folder that it cannot use, even one that the user asked for.
   */
  private static String cacheFolder() {
    String wanted = System.getProperty(CACHE);
    try {
      if (wanted != null) {
        Path folder = Files.createDirectories(Path.of(wanted));
        Files.delete(Files.createTempFile(folder, "sae4j", ".try"));
      }
      return Loader.getCacheDir().getPath();
    } catch (IOException | RuntimeException e) {
      String where =
          wanted != null
              ? "%s, to which %s is set".formatted(wanted, CACHE)
              : "%s/.javacpp/cache or below %s"
                  .formatted(System.getProperty("user.home"), System.getProperty("java.io.tmpdir"));
      throw new EngineLoadException(
          "Cannot write the native libraries to %s: %s. %s".formatted(where, e, ADVICE), e);
    }
  }

  private interface Load {
    String run();
  }

  private static String loading(String library, Load load) {
    try {
      return load.run();
    } catch (LinkageError e) {
      throw new EngineLoadException(
          "Cannot load the native library \"%s\" on %s: %s. %s"
              .formatted(library, Loader.getPlatform(), reason(e), ADVICE),
          e);
    }
  }

  /** JavaCPP's last resort is the system's library path; why the jar's library failed is below. */
  private static String reason(Throwable error) {
    return error.getCause() == null ? error.getMessage() : reason(error.getCause());
  }

  /** Numbers the steps of loading in the log. */
  private static final class Steps {
    private int count;

    void done(String what, String result) {
      count++;
      LOG.log(Level.DEBUG, "{0}. {1}: {2}", count, what, result);
    }
  }
}
