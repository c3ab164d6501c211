package org.sae4j.cli.ablate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TestArguments;
import org.sae4j.cli.files.CompleteLines;
import org.sae4j.cli.files.GrowingFile;
import org.sae4j.cli.terminal.ExitCode;

/** Effects one a line, and runs that end and go on. */
class EffectLinesTest {
  private static final String TOKENS = TestArguments.path("tokens/ablate.json");
  private static final List<String> TWO_SAES =
      List.of(
          "--tokens",
          TOKENS,
          "--sae",
          TestArguments.OPENAI,
          "--sae",
          TestArguments.path("saes/saelens/jumprelu"),
          "--position",
          "20",
          "--position",
          "40",
          "--position",
          "60",
          "--latents",
          "2",
          "--future",
          "8");
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  @TempDir Path folder;
  private Path file;
  private Path part;

  @BeforeEach
  void name() {
    file = folder.resolve("effects.jsonl");
    part = folder.resolve("effects.jsonl.part");
  }

  private static CommandRun ablate(List<String> options, Path json, String... more) {
    List<String> args = new ArrayList<>(List.of("ablate", "--model", TestArguments.MODEL));
    args.addAll(options);
    args.addAll(List.of("--json", json.toString()));
    return CommandRun.of(CommandRun.args(args, more));
  }

  private String written(CommandRun run) throws IOException {
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(folder.toFile().list()).doesNotContain("effects.jsonl.part");
    return withoutSeconds(Files.readString(file));
  }

  private static String withoutSeconds(String text) {
    return text.replaceAll("\"seconds\":[0-9.E-]+", "\"seconds\":0");
  }

  private static JsonObject parse(String line) {
    return JsonParser.parseString(line).getAsJsonObject();
  }

  @Test
  void linesHoldWhatTheDocumentHolds() throws IOException {
    List<String> options =
        List.of("--tokens", TOKENS, "--sae", TestArguments.OPENAI, "--position", "20");
    List<String> lines = written(ablate(options, file)).lines().toList();
    Path whole = folder.resolve("whole.json");
    assertThat(ablate(options, whole).exitCode()).isZero();
    JsonObject document = parse(Files.readString(whole));

    JsonObject results = document.remove("results").getAsJsonObject();
    results.addProperty("seconds", 0);
    JsonArray effects = results.remove("effects").getAsJsonArray();
    assertThat(parse(lines.get(0))).isEqualTo(document);
    assertThat(lines).hasSize(effects.size() + 2);
    for (int i = 0; i < effects.size(); i++) {
      assertThat(parse(lines.get(i + 1))).isEqualTo(effects.get(i));
    }
    assertThat(parse(lines.get(lines.size() - 1)).getAsJsonObject("results")).isEqualTo(results);
  }

  @Test
  void aKilledRunGoesOnToTheSameBytesWhereverItEnded() throws IOException {
    String whole = written(ablate(TWO_SAES, file));
    byte[] bytes = Files.readAllBytes(file);
    for (int cut : cuts(bytes)) {
      Files.delete(file);
      Files.write(part, Arrays.copyOf(bytes, cut));

      assertThat(written(ablate(TWO_SAES, file, "--resume"))).as("cut at " + cut).isEqualTo(whole);
    }
  }

  /** Nothing, all, and the begin, the end and the middle of the first and of some later lines. */
  private static Set<Integer> cuts(byte[] bytes) {
    Set<Integer> cuts = new TreeSet<>(List.of(0, 1, bytes.length));
    int line = 0;
    int start = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        if (line < 2 || line % 5 == 0 || i == bytes.length - 1) {
          cuts.addAll(List.of((start + i) / 2, i, i + 1));
        }
        line++;
        start = i + 1;
      }
    }
    return cuts;
  }

  @Test
  void aCompleteRunCanBeResumedToo() throws IOException {
    String whole = written(ablate(TWO_SAES, file));

    assertThat(written(ablate(TWO_SAES, file, "--resume"))).isEqualTo(whole);
  }

  @Test
  void tableIsTheSameAfterResuming() throws IOException {
    String table = ablate(TWO_SAES, file).out();
    Files.move(file, part);

    assertThat(withoutSpeed(ablate(TWO_SAES, file, "--resume").out()))
        .isEqualTo(withoutSpeed(table));
  }

  private static String withoutSpeed(String table) {
    return table.replaceAll(" +seconds .*", "");
  }

  /** Options of a run that takes seconds. */
  private static List<String> manyChannels() {
    return List.of(
        "--tokens",
        TOKENS,
        "--sae",
        TestArguments.OPENAI,
        "--control",
        "channels",
        "--sample",
        "9");
  }

  @Test
  void aProcessThatIsKilledGoesOn() throws Exception {
    List<String> options = manyChannels();
    String whole = written(ablate(options, file));
    Files.delete(file);
    Process process = start(options);
    try {
      awaitBytes(100_000, process);
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(file).doesNotExist();

    assertThat(ablate(options, file).err()).contains("--resume", "delete it");
    assertThat(written(ablate(options, file, "--resume"))).isEqualTo(whole);
  }

  private Process start(List<String> options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("ablate", "--model", TestArguments.MODEL));
    arguments.addAll(options);
    arguments.addAll(List.of("--json", file.toString()));
    return CommandRun.jvm(arguments.toArray(String[]::new)).start(folder.resolve("log"));
  }

  private void awaitBytes(int bytes, Process process) throws Exception {
    Instant deadline = Instant.now().plus(PATIENCE);
    while (Files.notExists(part) || Files.size(part) < bytes) {
      assertThat(process.isAlive()).as(Files.readString(folder.resolve("log"))).isTrue();
      assertThat(Instant.now()).isBefore(deadline);
      Thread.sleep(5);
    }
  }

  @Test
  void anInterruptedRunSaysSoAndGoesOn() throws Exception {
    List<String> options = manyChannels();
    String whole = written(ablate(options, file));
    Files.delete(file);
    CommandRun run = interrupted(options);

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.INTERRUPTED);
    assertThat(run.err()).contains("the results cover what was done, and --resume goes on");
    List<String> lines = Files.readAllLines(file);
    JsonObject results = parse(lines.get(lines.size() - 1)).getAsJsonObject("results");
    assertThat(results.get("pairs").getAsInt()).isEqualTo(lines.size() - 2);
    assertThat(results.get("interrupted").getAsString()).contains("of 9 token indices");
    assertThat(written(ablate(options, file, "--resume"))).isEqualTo(whole);
  }

  /** Interrupts once a token index is done. */
  private CommandRun interrupted(List<String> options) throws InterruptedException {
    Thread worker = Thread.currentThread();
    Thread user =
        new Thread(
            () -> {
              try {
                while (Files.notExists(part) || Files.size(part) < 100_000) {
                  Thread.sleep(1);
                }
                worker.interrupt();
              } catch (InterruptedException | IOException e) {
                throw new AssertionError(e);
              }
            });
    user.start();
    CommandRun run = ablate(options, file);
    user.join();
    assertThat(Thread.interrupted()).isTrue();
    return run;
  }

  @Test
  void interruptBeforeAnythingIsDoneWritesNothing() {
    Thread.currentThread().interrupt();

    CommandRun run = ablate(TWO_SAES, file);

    assertThat(Thread.interrupted()).isTrue();
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.INTERRUPTED);
    assertThat(run.err()).contains("nothing was written");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void anotherRunIsNotGoneOnWith() throws IOException {
    written(ablate(TWO_SAES, file));
    Files.copy(file, part);

    CommandRun run = ablate(TWO_SAES, file, "--context-mode", "reconstructed", "--threads", "1");

    assertThat(run.err()).contains("--resume");
    run =
        ablate(
            TWO_SAES, file, "--resume", "--context-mode", "reconstructed", "--max-tokens", "100");
    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err())
        .contains("options.context_mode was \"clean\", is \"reconstructed\"")
        .contains("inputs[3].shape.tokens was 128, is 100")
        .doesNotContain("\tat ");
    assertThat(part).hasSameBinaryContentAs(file);
    Files.delete(part);
    run = ablate(TWO_SAES, file, "--resume", "--seed", "3");
    assertThat(run.exitCode()).isNotZero();
    assertThat(part).doesNotExist();
  }

  @Test
  void whatIsNoRunIsRefused() throws IOException {
    String whole = written(ablate(TWO_SAES, file));
    assertRefused("prose\n", "byte 0: expected a line of JSON");
    assertRefused("{}\n", "schema was not there");
    int end = whole.indexOf('\n') + 1;
    assertRefused(whole.substring(0, end) + "{\"sequence\":0}\nmore\n", "sae is missing");
  }

  private void assertRefused(String text, String part) throws IOException {
    Files.writeString(this.part, text);

    CommandRun run = ablate(TWO_SAES, file, "--resume");

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("effects.jsonl.part", part).doesNotContain("\tat ");
    assertThat(this.part).hasContent(text);
    Files.delete(this.part);
  }

  @Test
  void oneWritesAtATime() throws IOException {
    try (GrowingFile first = new GrowingFile(file)) {
      first.append("first\n");
      assertThatThrownBy(() -> new GrowingFile(file))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another process is writing it");
      first.complete();
    }
    assertThat(file).hasContent("first\n");
    assertThat(part).doesNotExist();
  }

  @Test
  void theLockIsKeptWhileTheFileIsRead() throws Exception {
    try (GrowingFile own = new GrowingFile(file)) {
      own.append("first\nsecond\n");
      own.flush();
      try (CompleteLines lines = new CompleteLines(own.content())) {
        assertThat(lines.next()).contains("first");
      }
      own.append("third\n");
      own.flush();
      Process other = start(TWO_SAES);
      assertThat(other.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(folder.resolve("log"))
          .content()
          .contains("effects.jsonl.part: another process is writing it");
      own.complete();
    }
    assertThat(file).hasContent("first\nsecond\nthird\n");
  }

  @Test
  void onlyLinesCanBeResumed() {
    CommandRun run = ablate(TWO_SAES, folder.resolve("effects.json"), "--resume");

    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
    assertThat(run.err()).contains("--json FILE.jsonl", "--help");
  }

  @Test
  void bytesAreUtf8() throws IOException {
    Path lines = Files.writeString(folder.resolve("lines"), "é\nü\nto");
    try (CompleteLines complete = new CompleteLines(Files.newInputStream(lines))) {
      assertThat(complete.next()).contains("é");
      assertThat(complete.next()).contains("ü");
      assertThat(complete.next()).isEmpty();
      assertThat(complete.end()).isEqualTo("é\nü\n".getBytes(StandardCharsets.UTF_8).length);
    }
  }
}
