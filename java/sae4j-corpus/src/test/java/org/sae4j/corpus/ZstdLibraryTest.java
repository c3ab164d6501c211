package org.sae4j.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.engine.loader.EngineLoadException;
import org.sae4j.testing.Jvm;

/** Where zstd-jni's native library comes from, in JVMs that begin with it. */
class ZstdLibraryTest {
  private static final String FRAME =
      HexFormat.of().formatHex(Zstd.compress("some text".getBytes(UTF_8)));

  @TempDir Path temp;

  /** Decompresses a frame and prints what is in it. */
  public static final class Program {
    private Program() {}

    public static void main(String[] frames) {
      try {
        System.out.println(text(frames[0]));
      } catch (EngineLoadException | IOException e) {
        System.out.println("failed: " + e.getMessage());
      }
      System.out.println("left: " + System.getProperty("ZstdNativePath"));
    }

    public static String text(String frame) throws IOException {
      byte[] bytes = HexFormat.of().parseHex(frame);
      return new String(
          ZstdLibrary.decompressed(new ByteArrayInputStream(bytes)).readAllBytes(), UTF_8);
    }
  }

  /** As where the folder for temporary files cannot be written, or is mounted noexec. */
  @Test
  void isInTheCacheOfSae4j() throws Exception {
    Path cache = temp.resolve("cache");
    List<String> lines = run("-Djava.io.tmpdir=" + temp.resolve("none"), cacheAt(cache));
    assertThat(lines).containsExactly("some text", "left: null");
    try (Stream<Path> files = Files.walk(cache)) {
      assertThat(files.filter(Files::isRegularFile).map(Path::getFileName).map(Path::toString))
          .singleElement()
          .asString()
          .contains("zstd-jni");
    }
  }

  @Test
  void thereMayBeNoPlaceForIt() throws Exception {
    Path file = Files.writeString(temp.resolve("file"), "");
    assertThat(run("-Djava.io.tmpdir=" + file, cacheAt(file)).get(0))
        .startsWith("failed: Cannot use a folder for the native libraries: " + file)
        .contains("-Dorg.sae4j.library.cache=FOLDER");
  }

  @Test
  void theFileThatTheUserNamesIsTaken() throws Exception {
    Path cache = temp.resolve("cache");
    run(cacheAt(cache));
    try (Stream<Path> files = Files.walk(cache)) {
      Path library = files.filter(Files::isRegularFile).findFirst().orElseThrow();
      Path file = Files.writeString(temp.resolve("file"), "");
      assertThat(run("-DZstdNativePath=" + library, cacheAt(file)))
          .containsExactly("some text", "left: " + library);
    }
  }

  @Test
  void eachClassLoaderHasItsOwn() throws Exception {
    assertThat(Program.text(FRAME)).isEqualTo("some text");
    for (int i = 0; i < 2; i++) {
      try (URLClassLoader loader = classLoader()) {
        Class<?> program = loader.loadClass(Program.class.getName());
        assertThat(program).isNotSameAs(Program.class);
        assertThat(program.getMethod("text", String.class).invoke(null, FRAME))
            .isEqualTo("some text");
      }
    }
  }

  private static URLClassLoader classLoader() throws Exception {
    List<URL> urls = new ArrayList<>();
    for (String entry : Jvm.classPath().split(File.pathSeparator)) {
      urls.add(new File(entry).toURI().toURL());
    }
    return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
  }

  private static String cacheAt(Path folder) {
    return "-Dorg.sae4j.library.cache=" + folder;
  }

  private static List<String> run(String... options) throws Exception {
    return Jvm.of(Program.class, FRAME)
        .with("-XX:TieredStopAtLevel=1")
        .with(options)
        .run()
        .requireSuccess()
        .lines();
  }
}
