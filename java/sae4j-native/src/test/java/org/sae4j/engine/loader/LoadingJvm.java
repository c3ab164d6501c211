package org.sae4j.engine.loader;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A JVM that loads the engine, because a JVM loads it once; with the libraries in a jar. */
final class LoadingJvm {
  private final String classPath;
  private final List<String> options = new ArrayList<>();
  private final List<String> prefix = new ArrayList<>();
  private final Map<String, String> environment;
  private final ProcessBuilder builder = new ProcessBuilder();
  private Class<?> program = Program.class;
  private Path directory = folderOfLibraries().getParent();

  /** Tries to load twice, and prints what came of it. */
  public static final class Program {
    private Program() {}

    public static void main(String[] args) {
      tryToLoad();
      tryToLoad();
    }

    static void tryToLoad() {
      try {
        NativeEngine.load();
        String blas = org.sae4j.engine.global.sae4j.sae4j_get_system_info().blas().getString();
        System.out.println("loaded: " + NativeEngine.openBlasFailure().orElse(blas));
      } catch (EngineLoadException e) {
        System.out.println("failed: " + e.getMessage());
      }
    }
  }

  /** What a JVM printed. */
  record Output(int exitCode, List<String> lines) {
    String first() {
      return lines.get(0);
    }

    String text() {
      return String.join("\n", lines);
    }
  }

  /** A JVM with a jar, or another class path entry, that should have the libraries. */
  LoadingJvm(Path libraries) {
    Path folder = folderOfLibraries();
    this.classPath =
        Arrays.stream(testClassPath().split(File.pathSeparator))
                .filter(entry -> !entry.startsWith(folder.toString()))
                .collect(Collectors.joining(File.pathSeparator))
            + File.pathSeparator
            + libraries;
    this.environment = builder.environment();
    environment.remove("OPENBLAS_CORETYPE"); // OpenBLAS shall choose
    environment.remove("XDG_CACHE_HOME");
    environment.remove("JAVA_TOOL_OPTIONS");
  }

  private static String testClassPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  /** The folder that stands in the class path of tests instead of the jar of libraries. */
  static Path folderOfLibraries() {
    return Path.of(System.getProperty("sae4j.libraries", "target/native-libraries"))
        .toAbsolutePath();
  }

  /** Makes a jar of the files in a folder. */
  static Path jar(Path folder, Path jar) throws IOException {
    try (OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out);
        Stream<Path> files = Files.walk(folder)) {
      zip.setLevel(Deflater.BEST_SPEED);
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        zip.putNextEntry(new ZipEntry(folder.relativize(file).toString().replace('\\', '/')));
        Files.copy(file, zip);
      }
    }
    return jar;
  }

  /** Runs another program than {@link Program}. */
  LoadingJvm program(Class<?> program) {
    this.program = program;
    return this;
  }

  /** Runs in a folder. */
  LoadingJvm in(Path directory) {
    this.directory = directory;
    return this;
  }

  /** Prints each step. */
  LoadingJvm logging(Path settings) throws IOException {
    Files.writeString(
        settings,
        """
        handlers=java.util.logging.ConsoleHandler
        java.util.logging.ConsoleHandler.level=FINE
        org.sae4j.engine.loader.level=FINE
        """);
    return with("java.util.logging.config.file", settings);
  }

  LoadingJvm with(String property, Object value) {
    options.add("-D" + property + "=" + value);
    return this;
  }

  LoadingJvm environment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** A home and a folder for temporary files. */
  LoadingJvm at(Path home, Path temporary) {
    return with("user.home", home).with("java.io.tmpdir", temporary);
  }

  /** Lets a shell run what comes before; the JVM's command is {@code "$@"} to it. */
  LoadingJvm shell(String script, String... arguments) {
    prefix.addAll(List.of("sh", "-c", script, "sh"));
    prefix.addAll(List.of(arguments));
    return this;
  }

  Process start() throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, program.getName()));
    return builder.command(command).directory(directory.toFile()).redirectErrorStream(true).start();
  }

  Output run() throws Exception {
    return outputOf(start());
  }

  static Output outputOf(Process process) throws Exception {
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    List<String> lines = output.lines().filter(line -> !line.startsWith("WARNING:")).toList();
    return new Output(process.waitFor(), lines);
  }
}
