package org.sae4j.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.Model;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TestArguments;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.corpus.CorpusFiles;
import org.sae4j.corpus.TokenCorpus;
import org.sae4j.format.container.Safetensors;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.tokens.Sequences;

/**
 * What {@code --text} and {@code --tokens} take, seen in the tokens that {@code capture} writes.
 */
class InputTest {
  @TempDir private Path folder;

  private CommandRun capture(String... more) {
    List<String> command =
        List.of(
            "capture",
            "--model",
            TestArguments.MODEL,
            "--hook",
            "hook_embed",
            "-o",
            output().toString(),
            "--json",
            "-");
    return CommandRun.of(CommandRun.args(command, more));
  }

  private Path output() {
    return folder.resolve("out.safetensors");
  }

  private long[] tokens(String... more) throws IOException {
    CommandRun run = capture(more);
    assertThat(run.exitCode()).as(run.err()).isZero();
    StoredTensor tensor = Safetensors.read(output()).tensor("tokens");
    LongBuffer ids = LongBuffer.allocate((int) tensor.elementCount());
    tensor.forEachChunk(
        1 << 16, bytes -> ids.put(bytes.order(ByteOrder.LITTLE_ENDIAN).asLongBuffer()));
    return ids.array();
  }

  private String gzip(String name, byte[] bytes) throws IOException {
    Path file = folder.resolve(name);
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(bytes);
    }
    return file.toString();
  }

  /** A NumPy file of token ids, i4. */
  private String npy(String shape, int... ids) throws IOException {
    String header = "{'descr': '<i4', 'fortran_order': False, 'shape': " + shape + "}\n";
    ByteBuffer bytes = ByteBuffer.allocate(10 + header.length() + 4 * ids.length);
    bytes.order(ByteOrder.LITTLE_ENDIAN).put((byte) 0x93);
    bytes.put("NUMPY\1\0".getBytes(StandardCharsets.US_ASCII)).putShort((short) header.length());
    bytes.put(header.getBytes(StandardCharsets.US_ASCII));
    bytes.asIntBuffer().put(ids);
    return Files.write(folder.resolve("ids.npy"), bytes.array()).toString();
  }

  @Test
  void textInGzipIsTheText() throws IOException {
    String gzip = gzip("prose", Files.readAllBytes(Path.of(TestArguments.TEXT)));
    assertThat(tokens("--text", gzip))
        .hasSizeGreaterThan(2000)
        .isEqualTo(tokens("--text", TestArguments.TEXT));
  }

  @Test
  void severalFilesAreOneTextWithEosBetween() throws IOException {
    String one = Files.writeString(folder.resolve("one.txt"), "a b c").toString();
    String lines = "{\"body\": \"d e f\"}\n{\"body\": \"g h\"}\n";
    String two = gzip("two.jsonl.gz", lines.getBytes(StandardCharsets.UTF_8));
    String joined =
        Files.writeString(folder.resolve("joined"), "a b c<|endoftext|>d e f<|endoftext|>g h")
            .toString();
    long[] expected = tokens("--text", joined, "--context", "5");
    assertThat(expected).hasSizeGreaterThanOrEqualTo(10);
    String first = "{\"body\": \"a b c\"}\n";
    String three = gzip("three", first.getBytes(StandardCharsets.UTF_8));
    assertThat(tokens("--text", three, "--text", two, "--text-key", "body", "--context", "5"))
        .isEqualTo(expected);
    CommandRun run =
        capture(
            "--text", one, "--text", TestArguments.TEXT, "--context", "5", "--max-tokens", "20");
    JsonArray inputs = run.json().getAsJsonArray("inputs");
    assertThat(inputs).hasSize(3);
    for (int i = 1; i < 3; i++) {
      JsonObject input = inputs.get(i).getAsJsonObject();
      assertThat(input.get("kind").getAsString()).isEqualTo("text");
      assertThat(input.getAsJsonObject("shape").get("tokens").getAsInt()).isEqualTo(20);
    }
  }

  @Test
  void idsOfNumPy() throws IOException {
    assertThat(tokens("--tokens", npy("(2, 3)", 1, 2, 3, 4, 5, 6)))
        .containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(tokens("--tokens", npy("(5,)", 1, 2, 3, 4, 5), "--context", "2"))
        .containsExactly(1, 2, 3, 4);
    CommandRun without = capture("--tokens", npy("(5,)", 1, 2, 3, 4, 5));
    assertThat(without.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(without.err()).contains("ids.npy", "context");
  }

  private CommandRun eval(String... input) {
    List<String> command =
        List.of(
            "eval", "--model", TestArguments.MODEL, "--sae", TestArguments.SAELENS, "--json", "-");
    return CommandRun.of(CommandRun.args(command, input));
  }

  @Test
  void tokensThatTheModelDoesNotExpectAreWarnedOf() throws IOException {
    Random random = new Random(5);
    StringBuilder ids = new StringBuilder("[[0]");
    for (int s = 0; s < 8; s++) {
      String row = random.ints(64, 0, 2048).boxed().toList().toString();
      ids.append(", ").append(row);
    }
    String file = Files.writeString(folder.resolve("x.json"), ids.append("]")).toString();
    CommandRun run = eval("--tokens", file);
    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).contains("warning: ce_clean ", " is above ln 2048 = 7.62", "vocabulary?");
    assertThat(eval("--text", TestArguments.TEXT, "--max-tokens", "256").err())
        .doesNotContain("blind guess");
  }

  @Test
  void foldersPatternsAndNotes() throws IOException {
    for (String name : List.of("b", "a")) {
      Files.writeString(
          folder.resolve(name + ".json"), "[[1, 2]]".replace("1", name.equals("a") ? "3" : "4"));
    }
    assertThat(tokens("--tokens", folder + "/*.json")).containsExactly(3, 2, 4, 2);
    Files.delete(output());
    assertThat(tokens("--tokens", folder.toString())).containsExactly(3, 2, 4, 2);
    Files.writeString(folder.resolve("c.json"), "{\"input_ids\": [5, 2], \"labels\": [5, 2]}");
    CommandRun run = capture("--tokens", folder + "/[bc].json");
    assertThat(run.exitCode()).isZero();
    assertThat(run.json().getAsJsonArray("inputs")).hasSize(3);
    assertThat(run.err())
        .containsOnlyOnce("note: " + folder.resolve("c.json") + ": not read: labels;");
    CommandRun mixed = capture("--text", folder.toString());
    assertThat(mixed.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(mixed.err()).contains("expected files of one kind, found 3 .json, 1 .safetensors");
  }

  /** What was computed and what was hashed have to be the same file. */
  @Test
  void aFileThatChangesBeforeItIsHashedIsNoticed() throws IOException {
    Path file = Files.writeString(folder.resolve("x.json"), "[[1, 2]]");
    CorpusFiles files = CorpusFiles.of(List.of(file));
    try (Model model = Model.open(Path.of(TestArguments.MODEL))) {
      Input input =
          Input.ofTokens(
              new Input.Source(files, Optional.empty(), Optional.empty()),
              TokenCorpus.of(files, model.shape()),
              Optional.empty(),
              Optional.empty());
      Sequences.read(input.corpus());
      Files.writeString(file, "[[1, 2], [3]]");
      assertThatThrownBy(input::files)
          .hasMessageStartingWith(file + ": the file changed while it was in use");
    }
  }

  /** The numbers are of transformers in float64, each sequence by itself. */
  @Test
  void paddingIsNoText() {
    CommandRun run = eval("--tokens", TestArguments.path("cases/padding-mask/masked.parquet"));
    JsonObject results = CommandRun.onlySae(run.json());
    assertThat(results.get("tokens").getAsInt()).isEqualTo(184);
    assertThat(results.get("kl").getAsDouble()).isCloseTo(0.227986, withPercentage(0.01));
    assertThat(results.get("ce_clean").getAsDouble()).isCloseTo(3.110576, withPercentage(0.01));
    assertThat(run.err()).doesNotContain("not read");
  }

  @Test
  void onlyTheLastSequenceMayBeLeftOut() throws IOException {
    String file = npy("(5,)", 1, 2, 3, 4, 5);
    CommandRun last = capture("--tokens", file, "--context", "3");
    assertThat(last.err()).contains("the last 2 tokens are left out");
    CommandRun between = capture("--tokens", file, "--tokens", file, "--context", "3");
    assertThat(between.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(between.err()).contains("sequence 0 has 3 tokens, sequence 1 has 2");
    assertThat(tokens("--tokens", file, "--context", "4", "--max-tokens", "3"))
        .containsExactly(1, 2, 3);
    CommandRun asGiven = capture("--tokens", npy("(2, 3)", 1, 2, 3, 4, 5, 6), "--max-tokens", "4");
    assertThat(asGiven.err()).contains("the last 1 tokens are left out");
  }

  @Test
  void noMoreIsReadThanIsAskedFor() throws IOException {
    String broken =
        Files.writeString(folder.resolve("broken.jsonl"), "{\"text\": \"a b c d e f\"}\nbroken\n")
            .toString();
    assertThat(tokens("--text", broken, "--context", "4", "--max-tokens", "4")).hasSize(4);
    CommandRun run = capture("--text", broken);
    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("broken.jsonl: line 2: expected a JSON object");
  }

  @Test
  void howFilesAreReadIsWrittenDown() throws IOException {
    String lines = Files.writeString(folder.resolve("x"), "{\"body\": \"a b c d\"}\n").toString();
    JsonObject options =
        capture("--text", lines, "--text-key", "body", "--context", "2")
            .json()
            .getAsJsonObject("options");
    assertThat(options.get("text_key").getAsString()).isEqualTo("body");
    assertThat(options.get("column").isJsonNull()).isTrue();
    assertThat(options.get("context").getAsInt()).isEqualTo(2);
  }

  @Test
  void wrongUsage() {
    for (String[] args :
        List.of(
            new String[] {"--tokens", TestArguments.TOKENS, "--text-key", "x"},
            new String[] {"--tokens", TestArguments.TOKENS, "--text", TestArguments.TEXT},
            new String[] {"--tokens", TestArguments.TOKENS, "--context", "100000"})) {
      assertThat(capture(args).exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
    }
  }

  /** A script that gives it to all its runs is no reason to fail. */
  @Test
  void sequencesThatAreGivenAreNotCut() throws IOException {
    String[] args = {"--tokens", npy("(2, 3)", 1, 2, 3, 4, 5, 6)};
    long[] whole = tokens(args);
    assertThat(tokens(args[0], args[1], "--context", "2")).containsExactly(whole);
    assertThat(capture(args[0], args[1], "--context", "2").err())
        .contains("note: --context is for --text, and for ids in one row");
    String oneRow = npy("(4,)", 1, 2, 3, 4);
    String twoRows = Files.writeString(folder.resolve("x.json"), "[[1, 2], [3, 4]]").toString();
    assertThat(tokens("--tokens", twoRows, "--tokens", oneRow, "--context", "2")).hasSize(8);
  }
}
