package org.sae4j.corpus;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.util.Native;
import com.github.luben.zstd.util.ZstdVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.sae4j.engine.loader.BundledLibrary;

/**
 * Has zstd-jni load its native library from where sae4j keeps its own. By itself it would copy it
 * to the folder for temporary files at each start, where perhaps nothing may be executed.
 */
final class ZstdLibrary {
  /**
   * The property by which zstd-jni takes a file that is given. As a constant it is one object for
   * the whole JVM.
   */
  private static final String GIVEN = "ZstdNativePath";

  private ZstdLibrary() {}

  /**
   * Begins to decompress; no class of zstd-jni may be touched before.
   *
   * @throws org.sae4j.engine.loader.EngineLoadException if the library cannot be loaded
   */
  static ZstdInputStream decompressed(InputStream in) throws IOException {
    if (!Native.isLoaded() && System.getProperty(GIVEN) == null) {
      BundledLibrary.load(Native.class, resource(), ZstdLibrary::load);
    }
    return new ZstdInputStream(in);
  }

  /** The library then belongs to the class loader of zstd-jni, whichever that is. */
  private static void load(Path library) {
    synchronized (GIVEN) {
      System.setProperty(GIVEN, library.toString());
      try {
        Native.load();
      } finally {
        System.clearProperty(GIVEN);
      }
    }
  }

  private static String resource() {
    String name = "/libzstd-jni-" + ZstdVersion.VERSION;
    return switch (Loader.getPlatform()) {
      case "linux-arm64" -> "linux/aarch64" + name + ".so";
      case "windows-x86_64" -> "win/amd64" + name + ".dll";
      case "macosx-arm64" -> "darwin/aarch64" + name + ".dylib";
      case "macosx-x86_64" -> "darwin/x86_64" + name + ".dylib";
      default -> "linux/amd64" + name + ".so";
    };
  }
}
