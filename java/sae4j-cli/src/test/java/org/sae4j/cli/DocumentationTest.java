package org.sae4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.github.luben.zstd.Zstd;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.results.JsonDocument;
import org.sae4j.testing.Jvm;
import org.sae4j.testing.TestData;

/**
 * Every command and every Java class in README.md and java/docs runs, as a new user would run it.
 */
class DocumentationTest {
  private static final Path ROOT = Path.of(TestArguments.MODEL).getParent().getParent();
  private static final Pattern FENCE = Pattern.compile("```");
  private static final Pattern BLOCK = Pattern.compile("```(\\w+)\n(.*?)```", Pattern.DOTALL);
  private static final Pattern CLASS = Pattern.compile("public class (\\w+)");
  private static final Pattern MESSAGE = Pattern.compile("(?m)^\\| `([^`]+)` \\|");
  private static final Pattern BETWEEN_LITERALS = Pattern.compile("\"\\s*\\+\\s*\"");
  private static final Pattern STEP = Pattern.compile("(?m)^\\d+\\. .*$");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
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
    List<String> lines = Files.readAllLines(Path.of(TestArguments.TEXT)).subList(0, LINES_OF_TEXT);
    Files.write(folder.resolve("my.txt"), lines);
    JsonObject document = new JsonObject();
    document.addProperty("text", String.join(" ", lines));
    byte[] corpus = JsonDocument.line(document).getBytes(StandardCharsets.UTF_8);
    try (OutputStream file = Files.newOutputStream(folder.resolve("corpus.jsonl.gz"));
        OutputStream out = new GZIPOutputStream(file)) {
      out.write(corpus);
    }
    Files.write(folder.resolve("big.jsonl.zst"), Zstd.compress(corpus));
  }

  private void copy(String testData, String name) throws IOException {
    Path target = folder.resolve(name);
    Files.createDirectories(target.getParent());
    Files.copy(TestData.path(testData), target);
  }

  private static List<Path> documents() throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve("java/docs"))) {
      Stream<Path> guides = files.filter(file -> file.toString().endsWith(".md")).sorted();
      return Stream.concat(Stream.of(ROOT.resolve("README.md")), guides).toList();
    }
  }

  @TestFactory
  List<DynamicTest> everyExampleRuns() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path document : documents()) {
      String text = Files.readString(document);
      List<MatchResult> blocks = BLOCK.matcher(text).results().toList();
      assertThat(FENCE.matcher(text).results())
          .as("fences in %s", document)
          .hasSize(2 * blocks.size());
      StringBuilder cells = new StringBuilder();
      for (MatchResult block : blocks) {
        String code = block.group(2);
        switch (block.group(1)) {
          case "sh" -> commands(code).forEach(command -> tests.add(test(command)));
          case "java" -> {
            if (CLASS.matcher(code).find()) {
              tests.add(dynamicTest(className(code), () -> compileAndRun(code)));
            } else {
              cells.append(code);
            }
          }
          case "text" -> {} // what a command prints
          case "xml" -> {} // java/examples has it in a project that is built
          default -> throw new IllegalStateException("nobody runs " + block.group());
        }
      }
      if (!cells.isEmpty()) {
        tests.add(dynamicTest("cells of " + document.getFileName(), () -> runCells("" + cells)));
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
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-cp", Jvm.classPath(), "-d", "" + folder, "" + source);
    assertThat(status).as(code).isZero();
    run(className(code), List.of("gpt2.gguf", "my-sae", "my.txt"));
  }

  /** JShell goes on after an error, so that only what it prints tells of one. */
  private void runCells(String cells) throws Exception {
    String end = "that was the last cell";
    String script = cells + "System.out.println(\"" + end + "\")\n/exit\n";
    Process jshell =
        new ProcessBuilder(
                Jvm.tool("jshell"),
                "-s",
                "-J-Djava.util.prefs.userRoot=" + folder,
                "-R-Dorg.sae4j.library.cache=" + System.getProperty("org.sae4j.library.cache"),
                "--class-path=" + Jvm.classPath(),
                "" + Files.writeString(folder.resolve("cells.jsh"), script))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    String printed = new String(jshell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(jshell.waitFor()).as(printed).isZero();
    assertThat(printed).contains(end).doesNotContain("Error:", "Exception");
  }

  private void run(String main, List<String> arguments) throws Exception {
    Jvm.Ended ended = Jvm.of(main, arguments).withClasses(folder).in(folder).run();
    assertThat(ended.requireSuccess().output()).isNotEmpty();
  }

  /** The ways of a token and of a hook: numbered steps, with functions and files in backticks. */
  @TestFactory
  List<DynamicTest> everyStepOfContributingIsInTheCode() throws IOException {
    StringBuilder engine = new StringBuilder();
    Map<String, String> classes = new HashMap<>();
    for (Path file : sources()) {
      String name = file.getFileName().toString();
      if (name.endsWith(".java")) {
        classes.put(name.replace(".java", ""), Files.readString(file));
      } else {
        engine.append(Files.readString(file));
      }
    }
    return STEP.matcher(Files.readString(ROOT.resolve("CONTRIBUTING.md")))
        .results()
        .flatMap(step -> CODE.matcher(step.group()).results())
        .map(code -> code.group(1))
        .distinct()
        .map(code -> dynamicTest(code, () -> requireThere(code, classes, "" + engine)))
        .toList();
  }

  private static void requireThere(String code, Map<String, String> classes, String engine) {
    if (code.endsWith(".cpp")) {
      assertThat(ROOT.resolve("native/src").resolve(code)).exists();
      return;
    }
    String where = classes.getOrDefault(code.replaceFirst("\\..*", ""), engine);
    assertThat(where).containsPattern("\\b" + code.replaceFirst(".*[.:]", "") + "\\b");
  }

  /** All of Java and C++ that becomes part of the jars. */
  private static List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>();
    for (String part :
        List.of(
            "java/sae4j/src/main",
            "java/sae4j-corpus/src/main",
            "java/sae4j-results/src/main",
            "java/sae4j-cli/src/main",
            "java/sae4j-native/src/main",
            "native/src")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(part))) {
        files.filter(file -> file.toString().matches(".*\\.(java|cpp)")).forEach(sources::add);
      }
    }
    return sources;
  }

  @TestFactory
  List<DynamicTest> everyMessageIsOneThatSae4jHas() throws IOException {
    StringBuilder sources = new StringBuilder();
    for (Path file : sources()) {
      sources.append(BETWEEN_LITERALS.matcher(Files.readString(file)).replaceAll(""));
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
