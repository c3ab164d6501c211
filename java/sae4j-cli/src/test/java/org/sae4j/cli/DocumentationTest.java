package org.sae4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every command and every Java class in README.md and java/docs runs, as a new user would run it.
 */
class DocumentationTest {
  private static final Path ROOT = Path.of(TestData.MODEL).getParent().getParent();
  private static final Pattern BLOCK = Pattern.compile("```(\\w+)\n(.*?)```", Pattern.DOTALL);
  private static final Pattern CLASS = Pattern.compile("public class (\\w+)");
  private static final Pattern MESSAGE = Pattern.compile("(?m)^\\| `([^`]+)` \\|");
  private static final int LINES_OF_TEXT = 150;

  /** What is not run here, by its first word. */
  private static final Map<String, String> ELSEWHERE = Map.of("mvn", "is what runs this test");

  @TempDir Path folder;

  /** The files that the documents speak of. */
  @BeforeEach
  void provideFiles() throws IOException {
    copy("model-f32.gguf", "gpt2.gguf");
    copy("tokens/eval.json", "tokens.json");
    for (String file : List.of("config.json", "model.safetensors", "vocab.json", "merges.txt")) {
      copy("model/" + file, "hf-folder/" + file);
    }
    for (String file : List.of("cfg.json", "sae_weights.safetensors")) {
      copy("saes/saelens/topk_layer_norm/" + file, "my-sae/" + file);
      copy("saes/saelens/topk/" + file, "sae-a/" + file);
      copy("saes/saelens/jumprelu/" + file, "sae-b/" + file);
      copy("saes/saelens/topk/" + file, "saes/topk/" + file);
      copy("saes/saelens/jumprelu/" + file, "saes/jumprelu/" + file);
    }
    List<String> lines = Files.readAllLines(Path.of(TestData.TEXT)).subList(0, LINES_OF_TEXT);
    Files.write(folder.resolve("my.txt"), lines);
    for (String name : List.of("corpus.jsonl.gz", "big.jsonl.zst")) { // known by its first bytes
      try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve(name)))) {
        String text = String.join(" ", lines).replace('"', '\'').replace('\\', ' ');
        out.write("{\"text\": \"%s\"}\n".formatted(text).getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private void copy(String testData, String name) throws IOException {
    Path target = folder.resolve(name);
    Files.createDirectories(target.getParent());
    Files.copy(Path.of(TestData.path(testData)), target);
  }

  private static List<Path> documents() throws IOException {
    try (Stream<Path> guides = Files.list(ROOT.resolve("java/docs"))) {
      return Stream.concat(Stream.of(ROOT.resolve("README.md")), guides.sorted()).toList();
    }
  }

  @TestFactory
  List<DynamicTest> everyExampleRuns() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path document : documents()) {
      String text = Files.readString(document);
      for (MatchResult block : BLOCK.matcher(text).results().toList()) {
        String code = block.group(2);
        switch (block.group(1)) {
          case "sh" -> commands(code).forEach(command -> tests.add(test(command)));
          case "java" -> tests.add(dynamicTest(className(code), () -> compileAndRun(code)));
          case "xml" -> {} // java/examples has it in a project that is built
          default -> throw new IllegalStateException("nobody runs " + block.group());
        }
      }
    }
    return tests;
  }

  private DynamicTest test(List<String> command) {
    return dynamicTest(String.join(" ", command), () -> runCommand(command));
  }

  /** The commands of a block, each as its words, without comments. */
  private static Stream<List<String>> commands(String block) {
    return block
        .replace("\\\n", " ")
        .lines()
        .map(line -> line.replaceFirst("\\s+#.*", ""))
        .filter(line -> !line.isBlank())
        .map(line -> List.of(line.trim().split("\\s+")));
  }

  private void runCommand(List<String> command) throws Exception {
    if (ELSEWHERE.containsKey(command.get(0))) {
      return;
    }
    int skipped = command.get(0).equals("sae4j") ? 1 : 3;
    assertThat(command.get(0)).isIn("sae4j", "java");
    assertThat(skipped == 1 || command.get(1).equals("-jar")).as("%s", command).isTrue();
    run("org.sae4j.cli.Main", command.subList(skipped, command.size()));
  }

  private static String className(String code) {
    MatchResult name = CLASS.matcher(code).results().findFirst().orElseThrow();
    return name.group(1);
  }

  private void compileAndRun(String code) throws Exception {
    Path source = Files.writeString(folder.resolve(className(code) + ".java"), code);
    String classPath = System.getProperty("java.class.path");
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-cp", classPath, "-d", "" + folder, "" + source);
    assertThat(status).as(code).isZero();
    run(className(code), List.of("gpt2.gguf", "my-sae", "my.txt"));
  }

  private void run(String main, List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(
        "-Dorg.sae4j.library.cache=" + System.getProperty("org.sae4j.library.cache", "" + folder));
    command.add("-cp");
    command.add(System.getProperty("java.class.path") + java.io.File.pathSeparator + folder);
    command.add(main);
    command.addAll(arguments);
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("%s ends", arguments).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as("%s: %s", arguments, Files.readString(log)).isZero();
    assertThat(log).isNotEmptyFile();
  }

  @TestFactory
  List<DynamicTest> everyMessageIsOneThatSae4jHas() throws IOException {
    StringBuilder sources = new StringBuilder();
    for (String module : List.of("java/sae4j", "java/sae4j-cli", "java/sae4j-native")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main"))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
          sources.append(Files.readString(file));
        }
      }
    }
    String text = Files.readString(ROOT.resolve("java/docs/troubleshooting.md"));
    return MESSAGE
        .matcher(text)
        .results()
        .map(message -> message.group(1))
        .map(message -> dynamicTest(message, () -> assertThat(sources).contains(message)))
        .toList();
  }
}
