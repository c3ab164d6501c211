package org.sae4j.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files many times as large as the heap. {@code -Dsae4j.corpus.megabytes=3000} makes them larger
 * than any machine's memory was when GPT-2 appeared.
 */
class FlatMemoryTest {
  private static final int MEGABYTES = Integer.getInteger("sae4j.corpus.megabytes", 24);
  private static final String HEAP = "-Xmx16m";
  @TempDir private Path folder;

  /** Writes some text again and again, in gzip, until it is as large as wanted. */
  private Path repeated(String name, String text, long megabytes) throws IOException {
    Path file = folder.resolve(name);
    byte[] block = text.getBytes(StandardCharsets.UTF_8);
    try (OutputStream out =
        new GZIPOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
      for (long written = 0; written < megabytes << 20; written += block.length) {
        out.write(block);
      }
    }
    return file;
  }

  private static void read(String kind, Path... files) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(HEAP, "-XX:+UseSerialGC", "-cp", classPath()));
    command.add("-Dorg.sae4j.library.cache=" + System.getProperty("org.sae4j.library.cache"));
    command.addAll(List.of(ReadCorpus.class.getName(), TestFiles.testData("model").toString()));
    command.add(kind);
    for (Path file : files) {
      command.add(file.toString());
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    System.out.println(output.strip());
    assertThat(process.waitFor(1, TimeUnit.HOURS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    assertThat(output).contains(" tokens in ");
  }

  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  @Test
  void textInGzip() throws Exception {
    String prose = Files.readString(TestFiles.testData("texts/prose.txt"));
    read("text", repeated("text.gz", prose, MEGABYTES));
  }

  @Test
  void jsonLinesInGzip() throws Exception {
    String line =
        "{\"id\": 7, \"text\": \"%s\"}\n".formatted("A document of some words. ".repeat(99));
    read("text", repeated("text.jsonl.gz", line, MEGABYTES / 2));
  }

  @Test
  void tokensInGzip() throws Exception {
    Path file = folder.resolve("tokens.json.gz");
    try (OutputStream out =
        new GZIPOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
      out.write("[[1]".getBytes(StandardCharsets.UTF_8));
      byte[] sequence = (", [" + "17, ".repeat(120) + "2]").getBytes(StandardCharsets.UTF_8);
      for (long written = 0; written < (long) MEGABYTES << 20; written += sequence.length) {
        out.write(sequence);
      }
      out.write(']');
    }
    read("tokens", file);
  }

  /** What a decompression bomb is made of. */
  @Test
  void oneLetterInGzip() throws Exception {
    read("text", repeated("letters.gz", "a".repeat(1 << 16), Math.max(1, MEGABYTES / 8)));
  }
}
