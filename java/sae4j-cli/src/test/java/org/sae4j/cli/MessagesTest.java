package org.sae4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sae4j.Model;
import org.sae4j.RunOptions;
import org.sae4j.RunResult;
import org.sae4j.Session;
import org.sae4j.arch.HookPoint;
import org.sae4j.cli.files.GrowingFile;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.testing.SampleResults;
import org.sae4j.tokens.Sequences;

/** Mistakes that users make: what the commands say, and that the page of messages explains it. */
class MessagesTest {
  private static final Path JAVA = Path.of(TestArguments.MODEL).getParent().resolveSibling("java");
  private static final Path PAGE = JAVA.resolve("docs/troubleshooting.md");
  private static final Path PARQUET =
      JAVA.resolve("sae4j-corpus/src/test/resources/org/sae4j/corpus/none.parquet");

  private static final String SKIP = TestArguments.path("cases/sparsify-transcoder-of-2024/h.3");

  @TempDir Path folder;

  @BeforeEach
  void provideFiles() throws IOException {
    Files.write(folder.resolve("short.gguf"), Arrays.copyOf(bytes(TestArguments.MODEL), 1000));
    changeModel("\5\0\0\0\0\0\0\0gpt-2", "\5\0\0\0\0\0\0\0bloom", "bloom.gguf");
    changeModel("\2\0\0\0\0\0\0\0\u00c4\u00b2", "\2\0\0\0\0\0\0\0~~", "lacking.gguf");
    Files.copy(Path.of(TestArguments.OPENAI), folder.resolve("sae.pt"));
    Path weights = Path.of(TestArguments.SAELENS, "sae_weights.safetensors");
    Path damaged = Files.createDirectories(folder.resolve("damaged"));
    Files.copy(Path.of(TestArguments.SAELENS, "cfg.json"), damaged.resolve("cfg.json"));
    Files.write(
        damaged.resolve("sae_weights.safetensors"), Arrays.copyOf(bytes("" + weights), 5000));
    Files.createDirectories(folder.resolve("empty"));
    Files.writeString(folder.resolve("text.txt"), "No latent is an island.");
    Files.writeString(folder.resolve("byte.txt"), "a\u0090b"); // 0xc2 0x90, which is spelled \u0132
    Files.writeString(folder.resolve("latin.txt"), "café", StandardCharsets.ISO_8859_1);
    Files.writeString(folder.resolve("wide.txt"), "\ufeffwide", StandardCharsets.UTF_16LE);
    Files.writeString(folder.resolve("nul.txt"), "wide", StandardCharsets.UTF_16LE);
    Files.writeString(folder.resolve("ids.json"), "[[1, 2, 2048]]");
    copy(TestArguments.path("cases/gzip-dropped-members"), "garbage.jsonl.gz", ".");
    byte[] gzip = bytes("" + folder.resolve("garbage.jsonl.gz"));
    Files.write(folder.resolve("cut.gz"), Arrays.copyOf(gzip, 999));
    byte[] parquet = bytes("" + PARQUET);
    Files.write(folder.resolve("cut.parquet"), Arrays.copyOf(parquet, 999));
    Files.writeString(
        folder.resolve("holes.jsonl"), "{\"input_ids\": [1, 2, 3], \"attention_mask\": [1, 0, 1]}");
    Files.writeString(folder.resolve("data.arrow"), "ARROW1");
    Files.write(folder.resolve("cut.npz"), bytes(TestArguments.path("cases/unclear/eof.npz")));
    Files.writeString(folder.resolve("lines.jsonl"), "{\"text\": \"a b c d\"}\nbroken\n");
    Files.writeString(folder.resolve("run.jsonl"), "{\"schema\": \"sae4j/ablate/1\"}\n");
    Files.writeString(folder.resolve("left.json.checkpoint"), "");
    copy(TestArguments.path("cases/unclear"), "dup.json", ".");
    copy(TestArguments.path("cases/unclear"), "neg.json", ".");
    String array = "{'descr': '<i4', 'fortran_order': False, 'shape': (1,)}\n";
    String npy = "\u0093NUMPY\1\0" + (char) array.length() + "\0" + array + "\1\0\0\0";
    Files.writeString(folder.resolve("ids.npy"), npy, StandardCharsets.ISO_8859_1);
    for (String file : List.of("config.json", "model.safetensors")) {
      copy(TestArguments.path("model"), file, "bare");
    }
    for (String name : List.of("short", "odd", "pair/a", "pair/b")) {
      copy(TestArguments.SAELENS, "sae_weights.safetensors", name);
      copy(TestArguments.SAELENS, "cfg.json", name);
    }
    change("short/cfg.json", "\"context_size\": 64", "\"context_size\": 32");
    change("odd/cfg.json", "\"architecture\": \"topk\"", "\"architecture\": \"crosscoder\"");
    copy(TestArguments.path("saes/sparsify/h.3"), "sae.safetensors", "h.3");
    copy(TestArguments.path("saes/sparsify/h.3"), "cfg.json", "h.3");
    change("h.3/cfg.json", "\"topk\"", "\"groupmax\"");
    byte[] pickle = "\u0080\2cposix\nsystem\n.".getBytes(StandardCharsets.ISO_8859_1);
    CRC32 crc = new CRC32();
    crc.update(pickle);
    ZipEntry entry = new ZipEntry("object/data.pkl");
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(pickle.length);
    entry.setCrc(crc.getValue());
    try (ZipOutputStream zip =
        new ZipOutputStream(Files.newOutputStream(folder.resolve("object.pt")))) {
      zip.putNextEntry(entry);
      zip.write(pickle);
    }
  }

  private void copy(String from, String file, String to) throws IOException {
    Path target = Files.createDirectories(folder.resolve(to)).resolve(file);
    Files.copy(Path.of(from, file), target);
  }

  /** Writes a model with something changed, as long as before. */
  private void changeModel(String before, String after, String file) throws IOException {
    String model = Files.readString(Path.of(TestArguments.MODEL), StandardCharsets.ISO_8859_1);
    assertThat(model).containsOnlyOnce(before);
    Files.writeString(
        folder.resolve(file), model.replace(before, after), StandardCharsets.ISO_8859_1);
  }

  private void change(String file, String before, String after) throws IOException {
    String text = Files.readString(folder.resolve(file));
    assertThat(text).contains(before);
    Files.writeString(folder.resolve(file), text.replace(before, after));
  }

  private static byte[] bytes(String file) throws IOException {
    return Files.readAllBytes(Path.of(file));
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "eval --model @short.gguf --sae SAE --text @text.txt   | not a readable GGUF file",
        "eval --model @bloom.gguf --sae SAE --text @text.txt"
            + " | which splits texts into other words than GPT-2",
        "eval --model @lacking.gguf --sae SAE --text @byte.txt | the vocabulary has no token for",
        "eval --model @none.gguf --sae SAE --text @text.txt    | no such model",
        "eval --model MODEL --sae @none.pt --text @text.txt    | no such file or folder",
        "eval --model MODEL --sae @sae.pt --text @text.txt     | does not say which activation",
        "eval --model MODEL --sae @text.txt --text @text.txt   | not an SAE that sae4j reads",
        "eval --model MODEL --sae @empty --text @text.txt      | holds no SAE that sae4j reads",
        "eval --model MODEL --sae @damaged --text @text.txt    | bytes after the header",
        "eval --model MODEL --sae SAE --text @latin.txt        | expected UTF-8, found",
        "eval --model MODEL --sae SAE --text @wide.txt         | , found the byte order mark of",
        "eval --model MODEL --sae SAE --text @nul.txt          | found a NUL",
        "eval --model MODEL --sae SAE --text @*.none           | no file matches",
        "eval --model MODEL --sae SAE --text @pair             | files of one kind",
        "eval --model MODEL --sae SAE --tokens @data.arrow     | Arrow's own format",
        "eval --model MODEL --sae SAE --tokens @cut.npz        | the zip archive is damaged",
        "eval --model MODEL --sae SAE --tokens @holes.jsonl    | : its attention mask",
        "eval --model MODEL --sae SAE --tokens @text.txt       | expected JSON, [[id, …], …]",
        "eval --model MODEL --sae SAE --tokens @ids.json       | a token id from 0 to",
        "eval --model MODEL --sae SAE --text @text.txt --context 500 | , the model's context",
        "eval --model MODEL --sae SAE --text @text.txt --hook blocks.9.hook_mlp_out"
            + " | : the model has layers 0 to",
        "eval --model MODEL --sae SAE --text @text.txt --hook blocks.3.hook_q | unknown hook",
        "eval --model MODEL --sae SAE --text @text.txt --hook blocks.3.mlp.hook_post"
            + " | , the activation's",
        "eval --model MODEL --sae SAE --text @text.txt --normalize expected_average_only_in"
            + " | without its constant",
        "eval --model MODEL --sae SAE --text @text.txt --resume | --resume needs --json FILE",
        "eval --model MODEL --sae SAE --tokens @lines.jsonl    | expected a key",
        "ablate --model MODEL --sae SAE --text @text.txt --position 60 | : no token of",
        "eval --model MODEL --sae SAE --text @text.txt --json @none/result.json"
            + " | the folder to write to does not exist",
        "eval --model MODEL --sae SAE --text @text.txt --json @empty | expected a file to write",
        "report @ids.json -o @page.html                        | expected results as JSON",
        "eval --model @bare --sae SAE --text @text.txt         | the model came without a"
            + " tokenizer",
        "eval --model MODEL --sae @object.pt --text @text.txt"
            + " | only tensors and plain containers are read from a pickle",
        "eval --model MODEL --sae @odd --text @text.txt        | is not supported",
        "eval --model MODEL --sae SAE --sae @short --text @text.txt"
            + " | the SAEs were trained with different",
        "eval --model MODEL --sae SKIP --text @text.txt         | ; say whether it is a transcoder",
        "convert --sae @h.3 -o @folder                         | SAELens cannot express this SAE",
        "eval --model MODEL --sae SAE --text @lines.jsonl      | expected a JSON object",
        "eval --model MODEL --sae SAE --text PARQUET --column x | expected a column",
        "eval --model MODEL --sae SAE --text @garbage.jsonl.gz | data is damaged: ",
        "eval --model MODEL --sae SAE --text @cut.gz           | data is truncated",
        "eval --model MODEL --sae SAE --text @cut.parquet"
            + " | the Parquet file is damaged or not supported",
        "eval --model MODEL --sae SAE --tokens @ids.npy"
            + " | an array of one dimension needs a context",
        "latent --model MODEL --sae @pair --text @text.txt"
            + " | expected one SAE, found a folder of",
        "ablate --model MODEL --sae SAE --text @text.txt --json @run.jsonl --resume"
            + " | --resume needs the same run again",
        "eval --model MODEL --sae SAE --text @text.txt --json @left.json"
            + " | left behind by an unfinished run",
        "report @run.jsonl -o @page.html                       | results are missing: the run did"
            + " not end",
        "convert OVERLAP -o @model.gguf                        | because GGUF cannot express"
            + " anything else",
        "convert SAE -o @model.gguf                            | expected a folder with"
            + " config.json",
        "report @dup.json   -o @page.html                      | expected once, found twice",
        "report @neg.json      -o @page.html                   | nats from 0",
      })
  void aMistakeGetsOneLineThatThePageExplains(String command, String message) throws IOException {
    List<String> words =
        Arrays.stream(command.trim().split("\\s+"))
            .map(word -> word.equals("MODEL") ? TestArguments.MODEL : word)
            .map(word -> word.equals("SAE") ? TestArguments.SAELENS : word)
            .map(word -> word.equals("SKIP") ? SKIP : word)
            .map(
                word ->
                    word.equals("OVERLAP")
                        ? TestArguments.path("cases/added-tokens-overlap/model")
                        : word)
            .map(word -> word.equals("PARQUET") ? PARQUET.toString() : word)
            .map(word -> word.startsWith("@") ? "" + folder.resolve(word.substring(1)) : word)
            .toList();
    CommandRun run = CommandRun.of(words.toArray(String[]::new));

    assertThat(run.exitCode()).isIn(ExitCode.FAILED, ExitCode.WRONG_USAGE);
    List<String> complaints =
        run.err()
            .lines()
            .filter(line -> !line.startsWith("note: ") && !line.startsWith("Try "))
            .toList();
    assertThat(complaints).hasSize(1);
    assertThat(complaints.get(0)).doesNotContain("JsonReader", "Exception");
    requireExplained(complaints.get(0), message);
  }

  @Test
  void oneProcessWritesAtATime() throws IOException {
    Path target = folder.resolve("effects.jsonl");
    GrowingFile other = new GrowingFile(target);
    try (other) {
      CommandRun run = ablate("--json", target.toString());

      assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
      requireExplained(run.err(), "another process is writing it");
    }
  }

  @Test
  void runsThatDoNotCompareAreWarnedOf() throws IOException {
    Path eval = SampleResults.eval(folder, 3);
    Path other = folder.resolve("other.json");
    Files.writeString(other, Files.readString(eval).replace("\"tokens\":1000}", "\"tokens\":999}"));
    requireExplained(report(eval, other).err(), "can be compared by their intervals only");
    Files.writeString(other, Files.readString(eval).replace("\"future\":16", "\"future\":8"));
    requireExplained(report(eval, other).err(), "measured in different ways cannot be compared");
    Files.writeString(
        other,
        Files.readString(eval)
            .replaceAll("(gpt2.gguf\",\"sha256\":\")..", "$1ff")
            .replaceAll("(\"sha256\":\")..([^}]*gpt2.gguf)", "$1ff$2"));
    requireExplained(report(eval, other).err(), "different models cannot be compared");
  }

  private CommandRun report(Path... results) {
    List<String> args = new ArrayList<>(List.of("report", "-o", "" + folder.resolve("page.html")));
    Arrays.stream(results).map(Path::toString).forEach(args::add);
    return CommandRun.of(args.toArray(String[]::new));
  }

  @Test
  void anInterruptSaysWhatWasWritten() throws IOException {
    Thread.currentThread().interrupt();
    CommandRun run = ablate();
    assertThat(Thread.interrupted()).isTrue();

    assertThat(run.exitCode()).isEqualTo(ExitCode.INTERRUPTED);
    requireExplained(run.err(), "; nothing was written");
  }

  private CommandRun ablate(String... more) {
    List<String> args =
        List.of("ablate", "--model", TestArguments.MODEL, "--sae", TestArguments.SAELENS, "--text");
    return CommandRun.of(
        Stream.of(args, List.of("" + folder.resolve("text.txt")), List.of(more))
            .flatMap(List::stream)
            .toArray(String[]::new));
  }

  @Test
  void anSaeThatFitsNowhereIsWarnedOf() throws IOException {
    TinySae.write(folder.resolve("tiny"), 192, "none");
    String sae = folder.resolve("tiny").toString();
    CommandRun run =
        CommandRun.of(
            "eval",
            "--model",
            TestArguments.MODEL,
            "--sae",
            sae,
            "--text",
            TestArguments.TEXT,
            "--max-tokens",
            "256");

    assertThat(run.exitCode()).isZero();
    requireExplained(run.err(), "; nothing that was tried improves it");
  }

  @Test
  void mistakesInJava() throws IOException {
    HookPoint hook = HookPoint.residPost(3);
    Sequences tokens = Sequences.of(new int[] {1, 2, 3});
    try (Model model = Model.open(Path.of(TestArguments.MODEL));
        Session session = model.newSession()) {
      RunResult before = session.run(tokens, RunOptions.defaults().capture(hook));
      session.run(tokens, RunOptions.defaults());
      RunOptions calling =
          RunOptions.defaults()
              .hook(hook, (point, x) -> session.run(tokens, RunOptions.defaults()));

      requireExplained(
          catchThrowable(() -> before.activation(hook).toArray()).getMessage(),
          "this result is gone");
      requireExplained(
          catchThrowable(() -> session.run(tokens, calling)).getMessage(),
          "cannot be used from a hook of its own run");
    }
  }

  private static void requireExplained(String said, String message) {
    assertThat(said).contains(message);
    assertThat(PAGE).content().contains("`" + message);
  }

  @Test
  void aFileIsNamedOnce() {
    String model = "" + folder.resolve("short.gguf");
    CommandRun run =
        CommandRun.of("eval", "--model", model, "--sae", TestArguments.SAELENS, "--text", model);

    assertThat(run.err()).containsOnlyOnce(model);
  }
}
