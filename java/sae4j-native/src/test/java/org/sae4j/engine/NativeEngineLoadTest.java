package org.sae4j.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loads the engine in JVMs of their own, because a JVM loads it once. */
class NativeEngineLoadTest {
  @TempDir Path temp;

  /** Tries to load twice, and prints what came of it. */
  public static final class Program {
    private Program() {}

    public static void main(String[] args) {
      for (int i = 0; i < 2; i++) {
        try {
          NativeEngine.load();
          String blas = org.sae4j.engine.global.sae4j.sae4j_get_system_info().blas().getString();
          System.out.println("loaded: " + blas);
        } catch (EngineLoadException e) {
          System.out.println("failed: " + e.getMessage());
        }
      }
    }
  }

  @Test
  void saysWhatToSetIfTheChosenCacheFolderCannotBeWritten() throws Exception {
    Path folder = belowAFile();
    List<String> output = run("-Dorg.bytedeco.javacpp.cachedir=" + folder);
    assertThat(output.get(0))
        .startsWith("failed: ")
        .contains(folder.toString(), "-Dorg.bytedeco.javacpp.cachedir=FOLDER");
  }

  @Test
  void saysWhatToSetIfNoUsualCacheFolderCanBeWritten() throws Exception {
    Path folder = belowAFile();
    List<String> output = run("-Duser.home=" + folder, "-Djava.io.tmpdir=" + folder);
    assertThat(output.get(0))
        .startsWith("failed: ")
        .contains(folder.toString(), "-Dorg.bytedeco.javacpp.cachedir=FOLDER");
  }

  @Test
  void repeatsAFailure() throws Exception {
    List<String> output = run("-Dorg.bytedeco.javacpp.cachedir=" + belowAFile());
    assertThat(output).hasSize(2);
    assertThat(output.get(1)).isEqualTo(output.get(0));
  }

  @Test
  void extractsToAFolderWithAnUnusualName() throws Exception {
    Charset fileNames = Charset.forName(System.getProperty("sun.jnu.encoding"));
    String name = fileNames.newEncoder().canEncode("ü") ? "a folder, ünusual" : "a folder";
    Path folder = temp.resolve(name);
    List<String> output = run("-Dorg.bytedeco.javacpp.cachedir=" + folder);
    assertThat(output).allMatch(line -> line.startsWith("loaded: "));
    assertThat(folder).isNotEmptyDirectory();
  }

  @Test
  void severalJvmsStartAtOnce() throws Exception {
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      processes.add(start("-Dorg.bytedeco.javacpp.cachedir=" + temp.resolve("shared")));
    }
    for (Process process : processes) {
      assertThat(outputOf(process)).allMatch(line -> line.startsWith("loaded: "));
    }
  }

  @Test
  void openBlasUsesAvx512WhereThereIsAny() throws Exception {
    Path cpu = Path.of("/proc/cpuinfo");
    assumeTrue(Files.isReadable(cpu) && Files.readString(cpu).contains(" avx512vl "));
    assertThat(run().get(0)).containsPattern("SkylakeX|Cooperlake|SapphireRapids");
  }

  /** A folder that even root cannot create: its parent is a file. */
  private Path belowAFile() throws IOException {
    return Files.writeString(temp.resolve("file"), "").resolve("cache");
  }

  private static List<String> run(String... options) throws Exception {
    return outputOf(start(options));
  }

  private static Process start(String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    command.addAll(List.of("-cp", classPath, Program.class.getName()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(Redirect.DISCARD);
    builder.environment().remove("OPENBLAS_CORETYPE"); // OpenBLAS shall choose
    return builder.start();
  }

  private static List<String> outputOf(Process process) throws Exception {
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).isZero();
    return output.lines().toList();
  }
}
