package org.sae4j.engine.loader;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;

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
    InputStream open(LibraryList.Library library) throws IOException {
      InputStream in = loader.getResourceAsStream(entries + library.file());
      if (in == null) {
        throw new EngineLoadException(where + " lists " + library.file() + ", which is not there.");
      }
      return in;
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
