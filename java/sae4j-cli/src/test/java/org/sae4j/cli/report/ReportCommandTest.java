package org.sae4j.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TestArguments;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.results.JsonDocument;
import org.sae4j.results.SaeNames;
import org.sae4j.testing.SampleResults;

class ReportCommandTest {
  @TempDir Path folder;

  private Path page() {
    return folder.resolve("page.html");
  }

  private CommandRun report(Path... results) {
    List<String> args = new ArrayList<>(List.of("report", "-o", page().toString()));
    Arrays.stream(results).map(Path::toString).forEach(args::add);
    return CommandRun.of(args.toArray(String[]::new));
  }

  private JsonObject data(String id) throws IOException {
    return SampleResults.inPage(Files.readString(page()), id);
  }

  private JsonObject sae(int index) throws IOException {
    return data("report").getAsJsonArray("saes").get(index).getAsJsonObject();
  }

  @Test
  void readsWhatCommandsWriteToday() throws IOException {
    Path eval = folder.resolve("eval.json");
    Path ablate = folder.resolve("ablate.jsonl");
    List<String> model = List.of("--model", TestArguments.MODEL, "--sae", TestArguments.OPENAI);
    List<String> both =
        List.of("--sae", TestArguments.SAELENS, "--hook", TestArguments.HOOK, "--json");
    List<String> tokens = List.of("--tokens", TestArguments.path("tokens/ablate.json"));
    for (List<String> command :
        List.of(List.of("eval"), List.of("ablate", "--position", "20", "--plot", "p.png"))) {
      List<String> args = new ArrayList<>(command);
      args.replaceAll(arg -> arg.equals("p.png") ? folder.resolve(arg).toString() : arg);
      args.addAll(model);
      args.addAll(tokens);
      args.addAll(both);
      args.add((command.size() == 1 ? eval : ablate).toString());
      CommandRun run = CommandRun.of(args.toArray(String[]::new));
      assertThat(run.exitCode()).as(run.err()).isZero();
    }

    CommandRun run = report(eval, ablate);

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("2 SAEs from 2 files");
    JsonObject sae = sae(0);
    assertThat(sae.get("name").getAsString()).isEqualTo("resid_post_mlp_layer3_k16.pt");
    assertThat(sae.get("hook").getAsString()).isEqualTo(TestArguments.HOOK);
    assertThat(sae.getAsJsonObject("eval").get("l0").getAsDouble()).isEqualTo(16);
    JsonArray ablation = sae.getAsJsonArray("ablation");
    assertThat(ablation).hasSize(2);
    JsonObject channels = ablation.get(1).getAsJsonObject();
    assertThat(channels.get("of").getAsString()).isEqualTo("channels");
    // Two sequences, 16 latents and as many channels at position 20 of each.
    for (int i = 0; i < 2; i++) {
      JsonObject one = ablation.get(i).getAsJsonObject();
      double counted = one.get("pairs").getAsDouble() - one.get("below_noise").getAsDouble();
      assertThat(sum(one.getAsJsonObject("histograms").getAsJsonArray("sparsity")))
          .isEqualTo(counted);
    }
    assertThat(data("latents-0").getAsJsonObject("ablated").size()).isBetween(16, 32);
  }

  private static double sum(JsonArray counts) {
    double sum = 0;
    for (int i = 0; i < counts.size(); i++) {
      sum += counts.get(i).getAsDouble();
    }
    return sum;
  }

  @Test
  void joinsBySaeAndLatent() throws IOException {
    assertThat(
            report(
                    SampleResults.latent(folder),
                    SampleResults.ablate(folder),
                    SampleResults.eval(folder, 10))
                .exitCode())
        .isZero();

    assertThat(data("report").getAsJsonArray("saes")).hasSize(3);
    assertThat(sae(0).keySet()).contains("eval", "ablation");
    JsonObject latents = data("latents-0");
    assertThat(latents.getAsJsonArray("fires")).hasSize(10);
    // pairs, sparsity, row_sparsity, and the mean of the effects' KL
    assertThat(latents.getAsJsonObject("ablated").getAsJsonArray("3"))
        .hasToString("[2,0.2,0.62,2.0]");
    assertThat(latents.getAsJsonObject("shown").keySet()).containsExactly("3", "4");
    JsonArray paired = data("report").getAsJsonArray("paired");
    assertThat(paired.get(1).getAsJsonObject().get("a").getAsInt()).isEqualTo(2);
  }

  @Test
  void sameInputsGiveTheSamePage() throws IOException {
    Path eval = SampleResults.eval(folder, 10);
    report(eval);
    byte[] first = Files.readAllBytes(page());

    report(eval);

    assertThat(page()).hasBinaryContent(first);
  }

  @Test
  void hostileTextCannotLeaveItsPlace() throws IOException {
    report(SampleResults.eval(folder, 10), SampleResults.latent(folder));

    String html = Files.readString(page());
    assertThat(html).contains("window.hacked").doesNotContain("<script>window", "<img");
    assertThat(data("report").toString()).contains("onerror");
  }

  @Test
  void pageNeedsNothingElse() throws IOException {
    report(SampleResults.eval(folder, 10));

    assertThat(Files.readString(page()))
        .contains("default-src 'none'")
        .doesNotContain("<link rel=\"stylesheet", " src=\"")
        .doesNotContainPattern("url\\(['\"]?http");
  }

  @Test
  void warnsOfWhatDoesNotCompare() throws IOException {
    Path eval = SampleResults.eval(folder, 10);
    Path other = folder.resolve("other.json");
    String text = Files.readString(eval);
    Files.writeString(other, text.replace("gpt2.gguf", "large.gguf").replaceAll("0{40}", "1"));
    Path copy = Files.copy(eval, folder.resolve("copy.json"));

    CommandRun run = report(eval, other, copy);

    assertThat(run.exitCode()).isZero();
    assertThat(run.err())
        .contains(
            "different models",
            "gpt2.gguf (eval.json); large.gguf (other.json)",
            "copy.json: left out");
  }

  /** Whatever the order of the files, and also where they are of different commands. */
  @Test
  void saysFirstWhatDoesNotCompare() throws IOException {
    Path eval = SampleResults.eval(folder, 10);
    Path latent = SampleResults.latent(folder);
    assertThat(report(latent, eval).err()).doesNotContain("compare");
    assertThat(first()).isEmpty();
    Files.writeString(
        latent,
        Files.readString(latent)
            .replace("\"tokens\":1000", "\"tokens\":512")
            .replace("\"future\":16", "\"context\":128,\"bos\":true,\"top\":5"));
    Files.writeString(
        eval,
        Files.readString(eval)
            .replace("\"future\":16", "\"context\":64,\"bos\":true,\"threads\":7"));

    CommandRun run = report(latent, eval);

    assertThat(run.err())
        .contains(
            "inputs: numbers of different tokens can be compared by their intervals only:"
                + " prose.txt, 1,000 tokens (eval.json); prose.txt, 512 tokens (latent.json)",
            "option context: numbers measured in different ways cannot be compared: 64 (eval.json);"
                + " 128 (latent.json)")
        .doesNotContain("bos", "threads", "top");
    assertThat(first()).hasSize(2);
    assertThat(first().get(0)).contains("prose.txt, 512 tokens");
    assertThat(sae(0).get("path").getAsString()).isEqualTo(SampleResults.SAES.get(0));
    assertThat(sae(0).get("number").getAsInt()).isEqualTo(1);
    assertThat(data("latents-0").get("shown_of").getAsString()).isEqualTo("prose.txt, 512 tokens");
  }

  /** What the page says before anything else. */
  private List<String> first() throws IOException {
    List<String> texts = new ArrayList<>();
    for (JsonElement note : data("report").getAsJsonArray("notes")) {
      if (note.getAsJsonObject().get("first").getAsBoolean()) {
        texts.add(note.getAsJsonObject().get("text").getAsString());
      }
    }
    return texts;
  }

  /** An SAE has the number that the terminal gives it, whichever file comes first. */
  @Test
  void numbersAreThoseOfTheCommandLine() throws IOException {
    Path latent = SampleResults.latent(folder);
    Files.writeString(
        latent,
        Files.readString(latent).replace(SampleResults.SAES.get(0), SampleResults.SAES.get(1)));
    report(latent, SampleResults.eval(folder, 10));
    for (int i = 0; i < SampleResults.SAES.size(); i++) {
      assertThat(sae(i).get("path").getAsString()).isEqualTo(SampleResults.SAES.get(i));
      assertThat("#" + sae(i).get("number")).isEqualTo(SaeNames.number(i));
    }
  }

  /** Of version 1, whose results of one SAE were in no array. */
  @Test
  void olderResultsAreRead() throws IOException {
    Path eval = SampleResults.eval(folder, 10);
    Files.writeString(eval, Files.readString(eval).replace("sae4j/eval/2", "sae4j/eval/1"));
    assertThat(report(eval).exitCode()).isZero();
    String flat =
        JsonDocument.line(
            new Gson()
                .toJsonTree(
                    SampleResults.object(
                        "schema",
                        "sae4j/eval/1",
                        "inputs",
                        List.of(SampleResults.object("kind", "sae", "path", "ae.pt")),
                        "results",
                        SampleResults.object("kl", 0.5, "l0", 3)))
                .getAsJsonObject());
    Files.writeString(eval, flat);
    assertThat(report(eval).exitCode()).isZero();
    assertThat(sae(0).getAsJsonObject("eval").get("kl").getAsDouble()).isEqualTo(0.5);
  }

  @Test
  void warnsOfWhatWasInterrupted() throws IOException {
    Path ablate = SampleResults.ablate(folder);
    Files.writeString(
        ablate,
        Files.readString(ablate)
            .replace("\"results\":{", "\"results\":{\"interrupted\":\"interrupted after 7\",")
            .replace("\"ci95\":[0.1,0.3]", "\"ci95\":[null,null]"));

    CommandRun run = report(ablate);

    assertThat(run.err()).contains("ablate.jsonl: interrupted after 7");
    assertThat(sae(0).getAsJsonArray("ablation").get(0).getAsJsonObject().has("ci95")).isFalse();
  }

  @Test
  void tellsTheSameSaeTwiceApart() throws IOException {
    Path eval = SampleResults.eval(folder, 10);
    Path again = folder.resolve("again.json");
    Files.writeString(again, Files.readString(eval) + "\n");

    CommandRun run = report(eval, again);

    assertThat(run.err()).contains("in several results of eval: eval.json, again.json");
    assertThat(data("report").getAsJsonArray("saes")).hasSize(6);
    assertThat(sae(3).get("name").getAsString()).isEqualTo("small/ae.pt (2)");
    JsonObject paired = data("report").getAsJsonArray("paired").get(2).getAsJsonObject();
    assertThat(paired.get("a").getAsInt()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          sae4j/eval/2         | sae4j/eval/3        | version 1 to 2, which this sae4j reads
          sae4j/eval/2         | sae4j/inspect/1     | results of eval, ablate or latent
          sae4j/eval/2         | something else      | results of eval, ablate or latent
          "schema"             | "scheme"            | schema is missing
          "results"            | "result"            | results are missing
          "kl":0.5             | "kl":1e999          | kl: expected a finite number
          "kl":0.5             | "kl":-3             | saes[0].kl: expected nats from 0, found -3
          "kl":0.5             | "kl":NaN            | found something else at line 1 column
          "kl":0.5             | "kl":0.5,"kl":7     | saes[0].kl: expected once, found twice
          "dead":2             | "dead":2,"dead":3   | density.dead: expected once, found twice
          "d_sae":1000         | "d_sae":1000,"d_in":1| shape.d_in: expected once, found twice
          "future":16          | "future":16,"hook":0| options.hook: expected once, found twice
          "l0":8               | "l0":-5             | l0: expected a number from 0, found -5
          "tokens":1000,"ci95" | "tokens":-1,"ci95"  | tokens: expected a whole number from 0, found -1
          "dead_fraction":0.25 | "dead_fraction":1.25| dead_fraction: expected 0 to 1, found 1.25
          "counts":[5,4,3]     | "counts":[5,4,0.5]  | counts: expected a whole number from 0
          [0.49,0.51]          | [0.51,0.49]         | kl: expected [low, high], found [0.51,0.49]
          "schema"             | /* hi */ "schema"   | found something else at line 1 column
          "schema"             | 'schema'            | found something else at line 1 column
          "ci95":{             | "ci95":[{           | expected results as JSON
          [0.49,0.51]          | [0.49]              | kl: expected [low, high], found [0.49]
          "counts":[5,         | "counts":[          | counts: expected one fewer than the 4
          "kl_by_position":[   | "kl_by_position":["x", | kl_by_position: expected a finite number
          "fires":[0           | "fires":[-1         | fires[0]: expected a count, found -1
          "fires":[0           | "fires":[0.5        | expected results as JSON
          "fires":[0           | "fires":["x"        | expected results as JSON
          "a":"zoo/small/ae.pt"| "a":"nowhere"       | a: expected an SAE that there are results of
          "path":"prose.txt"   | "path":["prose.txt"]| path: expected a string
          "results":           | "results":{},"results":| results: expected once, found twice
          """)
  void saysWhatIsWrong(String from, String to, String said) throws IOException {
    Path eval = SampleResults.eval(folder, 10);
    String text = Files.readString(eval);
    assertThat(text).contains(from);
    Files.writeString(eval, text.replace(from, to));

    CommandRun run = report(eval);

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains(eval.toString(), said).doesNotContain("\tat ", "a defect");
    assertThat(page()).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          dup     | results.kl: expected once, found twice
          neg     | results.kl: expected nats from 0, found -3
          nan     | found something else at line
          comment | found something else at line 1
          """)
  void refusesWhatNoCommandWrites(String name, String said) {
    String path = TestArguments.path("cases/unclear/" + name + ".json");

    CommandRun run = report(Path.of(path));

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains(path + ": ", said);
    assertThat(page()).doesNotExist();
  }

  /** As a formatter writes several values. */
  @Test
  void valuesMayTakeSeveralLines() throws IOException {
    Path ablate = SampleResults.ablate(folder);
    String lines = Files.readString(ablate);
    Files.writeString(ablate, lines.replace("{", "{\n").replace("}", "\n}"));
    assertThat(report(ablate).exitCode()).isZero();

    Files.writeString(ablate, lines.replace("}\n", "}"));
    assertThat(report(ablate).exitCode()).isEqualTo(ExitCode.FAILED);
    Files.writeString(ablate, lines.replaceFirst("\n", "\n// hi\n"));
    assertThat(report(ablate).exitCode()).isEqualTo(ExitCode.FAILED);
  }

  @Test
  void refusesWhatIsCutOffAnywhere() throws IOException {
    Path eval = SampleResults.eval(folder, 10);
    byte[] whole = Files.readAllBytes(eval);
    for (int length = 0; length < whole.length - 2; length += 97) {
      Files.write(eval, Arrays.copyOf(whole, length));
      CommandRun run = report(eval);
      assertThat(run.exitCode()).as("%d bytes", length).isEqualTo(ExitCode.FAILED);
      assertThat(run.err()).contains(eval.toString()).doesNotContain("a defect");
    }
  }

  @Test
  void refusesWhatIsNoText() throws IOException {
    Path binary = Files.write(folder.resolve("sae.pt"), new byte[] {'P', 'K', 3, 4, -1, -2});
    Path deep = Files.writeString(folder.resolve("deep.json"), "{\"a\":" + "[".repeat(100_000));
    Path latin = folder.resolve("latin.json");
    Files.write(latin, "{\"schema\": \"é\"}".getBytes(StandardCharsets.ISO_8859_1));

    for (Path path : List.of(binary, deep, latin, folder, folder.resolve("none.json"))) {
      CommandRun run = report(path);
      assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
      assertThat(run.err()).contains(path.toString()).doesNotContain("a defect", "\tat ");
    }
  }

  @Test
  void neverWritesOverItsInput() throws IOException {
    Path eval = SampleResults.eval(folder, 10);

    CommandRun run = CommandRun.of("report", eval.toString(), "-o", eval.toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(Files.readString(eval)).contains("sae4j/eval/2");
    assertThat(CommandRun.of("report", eval.toString()).exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
  }

  @Test
  void millionsOfEffectsAreOfNoAccount() throws IOException {
    Path ablate = SampleResults.ablate(folder);
    List<String> lines = Files.readAllLines(ablate);
    int effects = 1_000_000;
    try (BufferedWriter out = Files.newBufferedWriter(ablate)) {
      out.write(lines.get(0) + "\n");
      for (int i = 0; i < effects; i++) {
        out.write(lines.get(1 + i % 2) + "\n");
      }
      out.write(lines.get(lines.size() - 1) + "\n");
    }

    assertThat(report(ablate).exitCode()).isZero();

    JsonObject histograms =
        sae(0).getAsJsonArray("ablation").get(0).getAsJsonObject().getAsJsonObject("histograms");
    JsonArray counts = histograms.getAsJsonArray("sparsity");
    assertThat(sum(counts)).isEqualTo(effects);
    assertThat(counts.get(5).getAsInt()).isEqualTo(effects / 2);
    assertThat(Files.size(page())).isLessThan(1 << 20);
  }

  @Test
  void hundredsOfFilesAreOnePage() throws IOException {
    String text = Files.readString(SampleResults.eval(folder, 10));
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Path file = folder.resolve("eval" + i + ".json");
      files.add(Files.writeString(file, text.replace("zoo/", "zoo" + i + "/")));
    }

    CommandRun run = report(files.toArray(Path[]::new));

    assertThat(run.out()).contains("600 SAEs from 200 files");
    assertThat(sae(599).get("name").getAsString()).isEqualTo("zoo199/bad/ae.pt");
  }
}
