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
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.testing.Jvm;
import org.sae4j.testing.TestData;

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
    List<String> arguments = new ArrayList<>();
    arguments.add(TestData.path("model").toString());
    arguments.add(kind);
    for (Path file : files) {
      arguments.add(file.toString());
    }
    Jvm.Ended ended =
        Jvm.of(ReadCorpus.class.getName(), arguments).with(HEAP, "-XX:+UseSerialGC").run();
    System.out.println(ended.output().strip());
    assertThat(ended.requireSuccess().output()).contains(" tokens in ");
  }

  @Test
  void textInGzip() throws Exception {
    String prose = Files.readString(TestData.path("texts/prose.txt"));
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
