package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java example in README.md compiles, runs, and is as short as README says. */
class ReadmeTest {
  private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @TempDir Path folder;

  @Test
  void exampleCompilesAndRuns() throws Exception {
    Path source = Files.writeString(folder.resolve("ReadmeExample.java"), example());
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    String classPath = System.getProperty("java.class.path");
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, errors, "-cp", classPath, "-d", "" + folder, "" + source);
    assertThat(status).as(errors.toString(StandardCharsets.UTF_8)).isZero();

    assertThat(runExample())
        .containsPattern("KL 0\\.1\\d+, ΔCE 0\\.1\\d+")
        .containsPattern("logit of token 0 there: -?\\d+\\.\\d+");
  }

  @Test
  void exampleIsShort() throws Exception {
    String body = example().replaceFirst("(?s).*throws Exception \\{\n", "");
    assertThat(body.lines().filter(line -> !line.isBlank()).count()).isLessThanOrEqualTo(20);
  }

  private static String example() throws Exception {
    Path readme = Fixtures.path("model-f32.gguf").getParent().resolveSibling("README.md");
    Matcher block = JAVA.matcher(Files.readString(readme));
    assertThat(block.find()).isTrue();
    return block.group(1);
  }

  private String runExample() throws Exception {
    String[] files = {
      Fixtures.path("model-f32.gguf").toString(),
      Fixtures.path("saes/openai/resid_post_mlp_layer3_k16.pt").toString(),
      Fixtures.path("texts/prose.txt").toString()
    };
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      loader
          .loadClass("ReadmeExample")
          .getMethod("main", String[].class)
          .invoke(null, (Object) files);
    } finally {
      System.setOut(before);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }
}
