package org.sae4j.engine.loader;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.engine.loader.LoadingJvm.Output;

/** A library of a jar, loaded by somebody else than the engine: here one of the engine's own. */
class BundledLibraryTest {
  @TempDir static Path shared;
  private static Path jar;
  private static String resource;

  @TempDir Path temp;

  /** Loads the library that it is given, and prints from where. */
  public static final class Program {
    private Program() {}

    public static void main(String[] args) {
      try {
        BundledLibrary.load(Program.class, System.getProperty("resource"), Program::load);
      } catch (EngineLoadException e) {
        System.out.println("failed: " + e.getMessage());
      }
    }

    private static void load(Path file) {
      System.load(file.toString());
      System.out.println("loaded: " + file);
    }
  }

  @BeforeAll
  static void makeJar() throws IOException {
    Path libraries = LoadingJvm.folderOfLibraries();
    jar = LoadingJvm.jar(libraries, shared.resolve("libraries.jar"));
    String folder = "org/sae4j/native/" + Loader.getPlatform() + "/";
    Path list = libraries.resolve(folder + LibraryList.FILE);
    LibraryList read = LibraryList.read(Files.newInputStream(list), list.toString());
    resource = folder + read.libraries().get(0).file();
  }

  @Test
  void isLoadedFromTheCacheASecondTimeToo() throws Exception {
    Path cache = temp.resolve("cache");
    Output first = jvm(resource).with(ExtractionPlace.CACHE, cache).run();
    Output second = jvm(resource).with(ExtractionPlace.CACHE, cache).run();
    assertThat(first.first()).startsWith("loaded: " + cache);
    assertThat(second).isEqualTo(first);
  }

  @Test
  void isGoneFromATemporaryFolder() throws Exception {
    Path file = Files.writeString(temp.resolve("file"), "");
    Path temporary = Files.createDirectory(temp.resolve("tmp"));
    Output output = jvm(resource).at(file, temporary).run();
    assertThat(output.first()).startsWith("loaded: " + temporary);
    try (Stream<Path> left = Files.list(temporary)) {
      assertThat(left.filter(path -> path.getFileName().toString().startsWith("sae4j"))).isEmpty();
    }
  }

  @Test
  void isTakenFromTheFolderThatHasTheEnginesLibraries() throws Exception {
    Path folder = LoadingJvm.folderOfLibraries().resolve(resource).getParent();
    Path cache = temp.resolve("cache");
    LoadingJvm jvm = jvm(resource).with(ExtractionPlace.CACHE, cache);
    assertThat(jvm.with(LibrarySource.PATH, folder).run().first()).startsWith("loaded: " + folder);
    assertThat(jvm.with(LibrarySource.PATH, temp).run().first()).startsWith("loaded: " + cache);
  }

  @Test
  void saysWhatToSetIfThereIsNoPlace() throws Exception {
    Path file = Files.writeString(temp.resolve("file"), "");
    assertThat(jvm(resource).at(file, file).run().first())
        .startsWith("failed: Cannot use a folder for the native libraries: ")
        .contains(file.toString(), "-Dorg.sae4j.library.cache=FOLDER");
  }

  @Test
  void saysWhyItCannotBeLoaded() throws Exception {
    Path folder = Files.createDirectory(temp.resolve("other"));
    Files.writeString(folder.resolve("libx.so"), "no library");
    Path other = LoadingJvm.jar(folder, temp.resolve("other.jar"));
    Path cache = temp.resolve("cache");
    LoadingJvm jvm = new LoadingJvm(other).program(Program.class).with("resource", "libx.so");
    assertThat(jvm.with(ExtractionPlace.CACHE, cache).run().text())
        .contains("failed: Cannot load the native library libx.so on " + Loader.getPlatform());
  }

  @Test
  void saysThatItIsNotThere() throws Exception {
    assertThat(jvm("linux/libnone.so").run().lines())
        .isEqualTo(
            List.of("failed: There is no native library linux/libnone.so on the class path."));
  }

  private LoadingJvm jvm(String resource) {
    return new LoadingJvm(jar).program(Program.class).with("resource", resource);
  }
}
