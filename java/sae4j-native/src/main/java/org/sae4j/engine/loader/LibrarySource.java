package org.sae4j.engine.loader;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.channels.ByteChannel;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.zip.CRC32C;
import org.sae4j.engine.loader.LibraryList.Library;

/** Where the native libraries come from. */
sealed interface LibrarySource {
  /** The system property that names a folder with the libraries. */
  String PATH = "org.sae4j.library.path";

  /** The libraries there. */
  LibraryList list();

  /** Files, ready to be loaded. */
  record Folder(Path path, LibraryList list) implements LibrarySource {
    @Override
    public String toString() {
      return path.toString();
    }
  }

  /** Entries of a jar, wherever that is: on a disk, in another jar. They must be copied first. */
  record Jar(ClassLoader loader, String entries, String where, LibraryList list)
      implements LibrarySource {
    /**
     * Copies a library.
     *
     * @throws EngineLoadException if the jar does not have what it lists
     * @throws IOException if it cannot be written
     */
    void copy(Library library, OutputStream out) throws IOException {
      CRC32C crc32c = new CRC32C();
      long size = 0;
      try (InputStream in = loader.getResourceAsStream(entries + library.file())) {
        if (in == null) {
          throw damaged(library, "is not there", null);
        }
        byte[] buffer = new byte[1 << 16];
        for (int n; (n = read(in, buffer, library)) >= 0; size += n) {
          crc32c.update(buffer, 0, n);
          out.write(buffer, 0, n);
        }
      }
      if (size != library.size()) {
        throw damaged(library, "has %d bytes, expected %d".formatted(size, library.size()), null);
      }
      if (crc32c.getValue() != library.crc32c()) {
        throw damaged(library, "has other bytes than are listed", null);
      }
    }

    /** Copies a library to a file that is not there yet. */
    void copy(Library library, Path file) throws IOException {
      try (ByteChannel channel =
          Files.newByteChannel(
              file, Set.of(CREATE_NEW, WRITE), Ownership.permissions("rwxr-xr-x"))) {
        copy(library, Channels.newOutputStream(channel));
      }
    }

    private int read(InputStream in, byte[] buffer, Library library) {
      try {
        return in.read(buffer);
      } catch (IOException e) {
        throw damaged(library, "cannot be read: " + e.getMessage(), e);
      }
    }

    private EngineLoadException damaged(Library library, String what, IOException cause) {
      return new EngineLoadException(
          "%s: %s %s; the jar is damaged, fetch or build it again"
              .formatted(where, library.file(), what),
          cause);
    }

    @Override
    public String toString() {
      return where;
    }
  }

  /** The folder that the user names, or else what is on the class path or the module path. */
  static LibrarySource find(String platform) throws IOException {
    String wanted = System.getProperty(PATH);
    return wanted != null ? folder(wanted) : resource(platform);
  }

  private static LibrarySource folder(String wanted) throws IOException {
    Path folder = Path.of(wanted).toAbsolutePath();
    Path list = folder.resolve(LibraryList.FILE);
    if (!Files.isReadable(list)) {
      throw new EngineLoadException(
          "%s is set to %s, but there is no file %s in it; it must name a folder with the libraries of one platform."
              .formatted(PATH, wanted, LibraryList.FILE));
    }
    return inFolder(folder);
  }

  private static LibrarySource resource(String platform) throws IOException {
    // "native" is no name for a package: resources in it are found in modules, too. And JavaCPP,
    // which would extract the libraries by its own rules, does not look here.
    String entries = "org/sae4j/native/" + platform + "/";
    ClassLoader loader = NativeEngine.class.getClassLoader();
    URL list = loader.getResource(entries + LibraryList.FILE);
    if (list == null) {
      throw new EngineLoadException(missing(platform));
    }
    if (list.getProtocol().equals("file")) {
      return inFolder(folderOf(list));
    }
    // not URL.openStream: that would keep the jar open behind the back of its class loader
    try (InputStream in = loader.getResourceAsStream(entries + LibraryList.FILE)) {
      String where = list.toString();
      return new Jar(loader, entries, where, LibraryList.read(in, where));
    }
  }

  private static Path folderOf(URL file) throws IOException {
    try {
      return Path.of(file.toURI()).getParent();
    } catch (URISyntaxException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  private static LibrarySource inFolder(Path folder) throws IOException {
    Path list = folder.resolve(LibraryList.FILE);
    try (InputStream in = Files.newInputStream(list)) {
      return new Folder(folder, LibraryList.read(in, list.toString()));
    }
  }

  private static String missing(String platform) {
    Module module = NativeEngine.class.getModule();
    String path = module.isNamed() ? "module path" : "class path";
    String advice =
        module.isNamed()
            ? "is it there, and does a module require it, or --add-modules=ALL-MODULE-PATH?"
            : "is it there?";
    return "No native libraries for %s on the %s: they are in sae4j-native-VERSION-%s.jar; %s"
        .formatted(platform, path, platform, advice);
  }
}
