package org.sae4j;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.sae4j.engine.loader.BundledLibrary;
import org.sae4j.engine.loader.EngineLoadException;

/** Loads the native library of Hugging Face's tokenizers, when the first text needs it. */
final class HuggingFaceLibrary {
  private static final Class<?> BINDING = TokenizersLibrary.class;
  private static boolean loaded;
  private static Throwable failure;

  private HuggingFaceLibrary() {}

  /**
   * Loads the library if it is not loaded yet.
   *
   * @throws UnsupportedOperationException if it cannot be loaded; later calls say the same again
   */
  static synchronized void load() {
    if (!loaded && failure == null) {
      loadInOrder();
    }
    if (failure != null) {
      throw new UnsupportedOperationException(
          ("Cannot load the Hugging Face tokenizers library on %s, which text for a Hugging Face"
                  + " folder needs: %s. Convert the folder to GGUF (sae4j convert), or give token"
                  + " ids.")
              .formatted(Loader.getPlatform(), failure.getMessage()),
          failure);
    }
  }

  private static void loadInOrder() {
    String folder = "native/lib/" + folder() + "/cpu/";
    try {
      for (String file : files()) {
        BundledLibrary.load(BINDING, folder + file, HuggingFaceLibrary::load);
      }
      loaded = true;
    } catch (EngineLoadException | LinkageError e) {
      failure = e;
    }
  }

  private static void load(Path library) {
    System.load(library.toString());
  }

  /** The project's own name of this platform. */
  private static String folder() {
    return switch (Loader.getPlatform()) {
      case "linux-arm64" -> "linux-aarch64";
      case "macosx-arm64" -> "osx-aarch64";
      case "macosx-x86_64" -> "osx-x86_64";
      case "windows-x86_64" -> "win-x86_64";
      default -> Loader.getPlatform();
    };
  }

  /** The library, behind those that it calls. */
  private static List<String> files() {
    String platform = Loader.getPlatform();
    if (platform.startsWith("windows")) {
      return List.of(
          "libwinpthread-1.dll", "libgcc_s_seh-1.dll", "libstdc++-6.dll", "tokenizers.dll");
    }
    return List.of(platform.startsWith("macosx") ? "libtokenizers.dylib" : "libtokenizers.so");
  }
}
