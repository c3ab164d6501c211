package org.sae4j.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program of the tests in a JVM of its own. */
public final class Jvm {
  private static final String LIBRARY_CACHE = "org.sae4j.library.cache";
  private static final int PATIENCE_MINUTES = 60; // tests can be told to read gigabytes

  private final String program;
  private final List<String> arguments;
  private final List<String> options = new ArrayList<>();
  private final Map<String, String> environment = new HashMap<>();
  private String classPath = classPath();
  private Path folder = Path.of("");

  private Jvm(String program, List<String> arguments) {
    this.program = program;
    this.arguments = List.copyOf(arguments);
    String cache = System.getProperty(LIBRARY_CACHE);
    if (cache != null) {
      options.add("-D" + LIBRARY_CACHE + "=" + cache);
    }
  }

  /** A JVM that ran to its end. */
  public record Ended(int exitCode, String output) {
    /** What it printed, without the warnings of newer JVMs. */
    public List<String> lines() {
      return output.lines().filter(line -> !line.startsWith("WARNING:")).toList();
    }

    /** Fails unless the exit code is 0. */
    public Ended requireSuccess() {
      assertThat(exitCode).as(output).isZero();
      return this;
    }
  }

  /** A JVM that will run a class with a {@code main}. */
  public static Jvm of(String program, List<String> arguments) {
    return new Jvm(program, arguments);
  }

  /** A JVM that will run a class with a {@code main}. */
  public static Jvm of(Class<?> program, String... arguments) {
    return new Jvm(program.getName(), List.of(arguments));
  }

  /** A program of the JDK that runs the tests. */
  public static String tool(String name) {
    return Path.of(System.getProperty("java.home"), "bin", name).toString();
  }

  /** The class path of the tests. */
  public static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  /** Adds options of the JVM itself. */
  public Jvm with(String... more) {
    options.addAll(List.of(more));
    return this;
  }

  /** Adds a folder of classes. */
  public Jvm withClasses(Path more) {
    classPath += File.pathSeparator + more;
    return this;
  }

  /** Sets a variable of the environment. */
  public Jvm withEnvironment(String name, Object value) {
    environment.put(name, value.toString());
    return this;
  }

  /** Runs in a folder. */
  public Jvm in(Path directory) {
    folder = directory;
    return this;
  }

  /** The words that start it in a shell. */
  public List<String> command() {
    List<String> command = new ArrayList<>(List.of(tool("java")));
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, program));
    command.addAll(arguments);
    return command;
  }

  /**
   * Starts it.
   *
   * @param log where what it prints goes, errors too
   */
  public Process start(Path log) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command()).directory(folder.toFile().getAbsoluteFile());
    builder.environment().putAll(environment);
    return builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  /** Runs it to its end. */
  public Ended run() throws IOException, InterruptedException {
    Path log = Files.createTempFile("jvm", ".log");
    try {
      Process process = start(log);
      try {
        assertThat(process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES))
            .as("%s ends", this)
            .isTrue();
      } finally {
        process.destroyForcibly();
      }
      return new Ended(process.exitValue(), Files.readString(log));
    } finally {
      Files.delete(log);
    }
  }

  @Override
  public String toString() {
    return program + " " + String.join(" ", arguments);
  }
}
