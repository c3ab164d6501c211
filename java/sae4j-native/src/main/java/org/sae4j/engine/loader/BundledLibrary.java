package org.sae4j.engine.loader;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.sae4j.engine.loader.LibraryList.Library;

/**
 * A native library that the jar of another project brings. It is copied to the same folders by the
 * same rules as the engine's own ({@link NativeEngine}), instead of by that project's.
 */
public final class BundledLibrary {
  private BundledLibrary() {}

  /**
   * Copies a library out of its jar, unless that was done before, and has it loaded.
   *
   * <p>The file may be used only within the call: out of a temporary folder it is gone afterwards.
   * {@code load} must let {@link UnsatisfiedLinkError} through. It is called again with another
   * file if that says that the first must not be executed where it is, or that another class loader
   * of this JVM has it.
   *
   * @param owner a class whose class loader finds the library
   * @param resource the library's name for {@link ClassLoader#getResource}, such as {@code
   *     linux/amd64/libx.so}
   * @param load loads the file, whose path is absolute, by {@link System#load} or what calls it
   * @throws EngineLoadException if there is no such resource, or no folder to load it from; the
   *     message says what to do
   * @throws UnsatisfiedLinkError if the library itself cannot be loaded on this machine
   */
  public static void load(Class<?> owner, String resource, Consumer<Path> load) {
    ClassLoader loader = owner.getClassLoader();
    int slash = resource.lastIndexOf('/') + 1;
    String file = resource.substring(slash);
    Steps steps = new Steps();
    ExtractionPlace.useFirst(
        new LibrarySource.Jar(
            loader, resource.substring(0, slash), resource, list(loader, resource, file)),
        folder -> load(folder.resolve(file), load, steps),
        steps);
  }

  private static void load(Path file, Consumer<Path> load, Steps steps) throws IOException {
    try {
      steps.done(file.getFileName().toString(), LibraryLoader.loadOwn(file, load));
    } catch (UnsatisfiedLinkError e) {
      LinkFailure.requireExecutable(e);
      throw e;
    }
  }

  /** A list of one, in a folder that is named by its bytes. */
  private static LibraryList list(ClassLoader loader, String resource, String file) {
    try (InputStream in = loader.getResourceAsStream(resource)) {
      if (in == null) {
        throw new EngineLoadException(
            "There is no native library " + resource + " on the class path.");
      }
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      long size = new DigestInputStream(in, sha256).transferTo(OutputStream.nullOutputStream());
      String hash = HexFormat.of().formatHex(sha256.digest(), 0, 8);
      return new LibraryList("sae4j-" + file + "-" + hash, List.of(new Library(file, file, size)));
    } catch (IOException | NoSuchAlgorithmException e) {
      throw new EngineLoadException("Cannot read " + resource + ": " + e.getMessage(), e);
    }
  }
}
