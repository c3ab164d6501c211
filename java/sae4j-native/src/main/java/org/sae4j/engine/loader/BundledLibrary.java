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
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
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
   * @throws EngineLoadException if there is no such resource, no folder to load it from, or it does
   *     not run on this machine; the message says what to do
   */
  public static void load(Class<?> owner, String resource, Consumer<Path> load) {
    LibrarySource.Jar jar = jar(owner.getClassLoader(), resource);
    Library library = jar.list().libraries().get(0);
    Steps steps = new Steps();
    ExtractionPlace.useFirst(
        jar, folder -> load(library.name(), folder.resolve(library.file()), load, steps), steps);
  }

  private static void load(String name, Path file, Consumer<Path> load, Steps steps)
      throws IOException {
    Optional<LinkFailure> failure = new LibraryLoader(steps).loadOwn(name, file, load);
    if (failure.isPresent()) {
      throw failure.get().exception(file);
    }
  }

  /** The library alone, in a folder that is named by its bytes. */
  private static LibrarySource.Jar jar(ClassLoader loader, String resource) {
    int slash = resource.lastIndexOf('/') + 1;
    String file = resource.substring(slash);
    CRC32C crc32c = new CRC32C();
    try (InputStream in = loader.getResourceAsStream(resource)) {
      if (in == null) {
        throw new EngineLoadException(
            "There is no native library " + resource + " on the class path.");
      }
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      InputStream read = new CheckedInputStream(new DigestInputStream(in, sha256), crc32c);
      long size = read.transferTo(OutputStream.nullOutputStream());
      String folder = "sae4j-" + file + "-" + HexFormat.of().formatHex(sha256.digest(), 0, 8);
      Library library = new Library(file, file, size, crc32c.getValue());
      LibraryList list = new LibraryList(folder, List.of(library));
      return new LibrarySource.Jar(loader, resource.substring(0, slash), resource, list);
    } catch (IOException | NoSuchAlgorithmException e) {
      throw new EngineLoadException("Cannot read " + resource + ": " + e.getMessage(), e);
    }
  }
}
