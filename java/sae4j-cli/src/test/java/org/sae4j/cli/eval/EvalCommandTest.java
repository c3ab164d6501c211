package org.sae4j.cli.eval;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.ExpectedResults;
import org.sae4j.cli.TestArguments;
import org.sae4j.cli.TinySae;
import org.sae4j.cli.terminal.ExitCode;

class EvalCommandTest {
  private static final List<String> SAES =
      List.of(
          "saes/openai/resid_post_mlp_layer3_k16.pt",
          "saes/openai/resid_post_mlp_layer3_k4.pt",
          "saes/saelens/standard",
          "saes/saelens/topk",
          "saes/saelens/jumprelu",
          "saes/saelens/gated",
          "saes/saelens/topk_layer_norm",
          "saes/saelens/old_topk");

  @TempDir Path folder;

  private static CommandRun eval(String... more) {
    return CommandRun.of(CommandRun.args(List.of("eval", "--model", TestArguments.MODEL), more));
  }

  private static CommandRun evalTopK(String... more) {
    return eval(CommandRun.args(List.of("--sae", TestArguments.SAELENS), more));
  }

  @Test
  void oneSaeGivesAnArrayOfOneWithExactlyThePromisedKeys() throws IOException {
    CommandRun run =
        eval("--sae", TestArguments.OPENAI, "--tokens", TestArguments.TOKENS, "--json", "-");

    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonObject document = run.json();
    assertThat(document.keySet())
        .containsExactly("schema", "sae4j", "options", "inputs", "results");
    assertThat(document.getAsJsonObject("results").keySet()).containsExactly("saes");
    List<String> keys = new ArrayList<>(List.of("sae", "hook"));
    keys.addAll(ExpectedResults.KEYS);
    keys.add("self_test");
    JsonObject one = CommandRun.onlySae(document);
    assertThat(one.keySet()).containsExactlyElementsOf(keys);
    assertThat(one.get("sae").getAsString()).isEqualTo(TestArguments.OPENAI);
    assertThat(one.get("hook").getAsString()).isEqualTo(TestArguments.HOOK);
    ExpectedResults.checkAll(SAES.get(0), one);
  }

  @Test
  void severalSaesGiveAnArrayInTheirOrder() throws IOException {
    List<String> args = new ArrayList<>(List.of("--tokens", TestArguments.TOKENS, "--json", "-"));
    SAES.forEach(sae -> args.addAll(List.of("--sae", TestArguments.path(sae))));

    CommandRun run = eval(args.toArray(String[]::new));

    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonObject results = run.json().getAsJsonObject("results");
    assertThat(results.keySet()).containsExactly("saes", "paired");
    JsonArray found = results.getAsJsonArray("saes");
    assertThat(found).hasSize(SAES.size());
    for (int i = 0; i < SAES.size(); i++) {
      JsonObject one = found.get(i).getAsJsonObject();
      List<String> keys = new ArrayList<>(List.of("sae", "hook"));
      keys.addAll(ExpectedResults.KEYS);
      keys.add("self_test");
      assertThat(one.keySet()).containsExactlyElementsOf(keys);
      assertThat(one.get("sae").getAsString()).isEqualTo(TestArguments.path(SAES.get(i)));
      ExpectedResults.checkAll(SAES.get(i), one);
    }
  }

  @Test
  void aGoodSaePassesItsSelfTest() {
    CommandRun run =
        eval("--sae", TestArguments.OPENAI, "--tokens", TestArguments.TOKENS, "--json", "-");

    JsonObject test = CommandRun.onlySae(run.json()).getAsJsonObject("self_test");
    assertThat(test.keySet()).containsExactly("tokens", "l0", "explained_variance", "warnings");
    assertThat(test.get("tokens").getAsInt()).isEqualTo(256);
    assertThat(test.get("l0").getAsDouble()).isEqualTo(16);
    assertThat(test.get("explained_variance").getAsDouble()).isBetween(0.8, 0.95);
    assertThat(test.getAsJsonArray("warnings")).isEmpty();
    assertThat(run.err()).doesNotContain("warning:");
  }

  @Test
  void aSaeInTheWrongPlaceIsWarnedOf() {
    String[] tokens = {"--tokens", TestArguments.TOKENS, "--max-tokens", "256", "--json", "-"};
    CommandRun layer =
        eval(
            CommandRun.args(
                List.of("--sae", TestArguments.OPENAI, "--hook", "blocks.0.hook_resid_post"),
                tokens));
    CommandRun normalization =
        eval(
            CommandRun.args(List.of("--sae", TestArguments.OPENAI, "--normalize", "none"), tokens));

    assertThat(layer.exitCode()).as(layer.err()).isZero();
    assertThat(layer.err())
        .contains("warning: " + TestArguments.OPENAI + ": explained variance 0.7")
        .contains("is --hook blocks.3.hook_resid_post meant?");
    assertThat(normalization.exitCode()).as(normalization.err()).isZero();
    assertThat(normalization.err()).contains("is --normalize layer_norm missing?");
    JsonArray warnings =
        CommandRun.onlySae(normalization.json())
            .getAsJsonObject("self_test")
            .getAsJsonArray("warnings");
    assertThat(warnings).hasSize(1);
    assertThat(warnings.get(0).getAsString()).contains("with normalisation layer_norm it would be");
  }

  @Test
  void theSideOfALayerNormsWeightsCanBeGiven() throws IOException {
    Path sae = folder.resolve("sae");
    TinySae.write(sae, 192, "none", "blocks.3.ln2.hook_normalized");
    List<String> args =
        List.of("--sae", "" + sae, "--tokens", TestArguments.TOKENS, "--max-tokens", "128");

    CommandRun assumed = eval(CommandRun.args(args, "--json", "-"));
    CommandRun before = eval(CommandRun.args(args, "--hook-normalized", "before", "--json", "-"));
    CommandRun after = eval(CommandRun.args(args, "--hook-normalized", "after", "--json", "-"));

    assertThat(assumed.err()).contains("assumed blocks.3.ln2.hook_normalized: taken before");
    assertThat(before.err()).doesNotContain("hook_normalized: taken");
    assertThat(after.err()).doesNotContain("hook_normalized: taken");
    assertThat(kl(assumed)).isEqualTo(kl(before)).isNotEqualTo(kl(after));
    assertThat(after.json().getAsJsonObject("options").get("hook_normalized").getAsString())
        .isEqualTo("after");
    assertThat(
            after
                .json()
                .getAsJsonArray("inputs")
                .get(1)
                .getAsJsonObject()
                .get("hook")
                .getAsString())
        .isEqualTo("blocks.3.ln2.hook_normalized");
  }

  private static double kl(CommandRun run) {
    return CommandRun.onlySae(run.json()).get("kl").getAsDouble();
  }

  @Test
  void inputsAreIdentified() {
    JsonObject document =
        evalTopK("--tokens", TestArguments.TOKENS, "--max-tokens", "128", "--json", "-").json();

    assertThat(document.getAsJsonObject("sae4j").keySet())
        .containsExactly("version", "llama_cpp", "platform", "kernels", "blas");
    JsonArray inputs = document.getAsJsonArray("inputs");
    assertThat(inputs).hasSize(3);
    for (JsonElement input : inputs) {
      assertThat(input.getAsJsonObject().keySet()).contains("path", "sha256", "shape");
      assertThat(input.getAsJsonObject().get("sha256").getAsString()).matches("[0-9a-f]{64}");
    }
    JsonObject tokens = inputs.get(2).getAsJsonObject().getAsJsonObject("shape");
    assertThat(tokens.get("sequences").getAsInt()).isEqualTo(2);
    assertThat(tokens.get("tokens").getAsInt()).isEqualTo(128);
  }

  @Test
  void tableSaysWhatPeopleWantToKnow() {
    CommandRun run =
        eval(
            "--sae", TestArguments.OPENAI, "--tokens", TestArguments.TOKENS, "--max-tokens", "256");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("OpenAI", "topk with k = 16", TestArguments.HOOK, "256 tokens")
        .containsPattern("delta_ce +\\+0\\.\\d+ .*WORSE")
        .contains("ce_loss_score", "l0", "dead_fraction", "tokens_per_second");
    assertThat(run.err()).contains("assumed normalization layer_norm");
  }

  @Test
  void manySaesAreALineEachTheBestFirst() {
    List<String> args = new ArrayList<>(List.of("--tokens", TestArguments.TOKENS));
    args.addAll(List.of("--max-tokens", "640"));
    SAES.forEach(sae -> args.addAll(List.of("--sae", TestArguments.path(sae))));

    CommandRun run = eval(args.toArray(String[]::new));

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out().lines().filter(line -> !line.contains(TestArguments.path(""))))
        .allMatch(line -> line.length() <= 120);
    String[] order = {
      "#3 standard",
      "#6 gated",
      "#1 resid_post_mlp_layer3_k16.pt",
      "#7 topk_layer_norm",
      "#8 old_topk"
    };
    int from = run.out().indexOf("8 SAEs by kl in nats, best first");
    assertThat(run.out().substring(from)).containsSubsequence(order);
    assertThat(run.out())
        .containsPattern(
            "(?m)^#3 standard +0\\.\\d+ +±0\\.\\d+ +[+]0\\.\\d+ +0\\.9\\d+ +\\d+\\.\\d+"
                + " +blocks\\.3\\.hook_resid_post$")
        .containsPattern("By kl, #6 may be as good as #3: ")
        .containsPattern("(?m)^#3 .*saelens/standard: SAELens, 192 to 1536 latents, relu");
  }

  @Test
  void jsonFileIsWrittenBesideTheTable() throws IOException {
    Path json = folder.resolve("result.json");

    CommandRun run =
        evalTopK("--tokens", TestArguments.TOKENS, "--max-tokens", "64", "--json", json.toString());

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("delta_ce");
    JsonObject document = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
    assertThat(document.get("schema").getAsString()).isEqualTo("sae4j/eval/2");
    assertThat(folder).isDirectoryContaining(path -> path.equals(json));
    assertThat(folder.toFile().list()).hasSize(1);
  }

  @Test
  void textIsSplitAsTheSaeWasTrained() {
    JsonObject options =
        evalTopK("--text", TestArguments.TEXT, "--max-tokens", "200", "--json", "-")
            .json()
            .getAsJsonObject("options");

    assertThat(options.get("context").getAsInt()).isEqualTo(64);
    assertThat(options.get("bos").getAsBoolean()).isFalse();
    assertThat(options.get("hook").getAsString()).isEqualTo(TestArguments.HOOK);
  }

  @Test
  void optionsReachTheEvaluation() {
    CommandRun run =
        evalTopK(
            "--text",
            TestArguments.TEXT,
            "--context",
            "32",
            "--bos",
            "--max-tokens",
            "64",
            "--threads",
            "1",
            "--precision",
            "bf16",
            "--skip-first-replace",
            "--skip-first-count",
            "--normalize",
            "layer_norm",
            "--hook",
            "blocks.2.hook_resid_post",
            "--json",
            "-");

    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonObject options = run.json().getAsJsonObject("options");
    assertThat(options.get("context").getAsInt()).isEqualTo(32);
    assertThat(options.get("bos").getAsBoolean()).isTrue();
    assertThat(options.get("threads").getAsInt()).isEqualTo(1);
    assertThat(options.get("precision").getAsString()).isEqualTo("bf16");
    assertThat(options.get("replaced").getAsString()).isEqualTo("all but first");
    assertThat(options.get("counted").getAsString()).isEqualTo("all but first");
    assertThat(options.get("normalize").getAsString()).isEqualTo("layer_norm");
    assertThat(options.get("hook").getAsString()).isEqualTo("blocks.2.hook_resid_post");
    assertThat(CommandRun.onlySae(run.json()).get("tokens").getAsInt()).isEqualTo(62);
  }

  @Test
  void undefinedNumbersAreNullWithTheirReasonsAndAFailure() throws IOException {
    Path tokens = Files.writeString(folder.resolve("single.json"), "[[5], [6]]");

    CommandRun run = evalTopK("--tokens", tokens.toString(), "--json", "-");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    JsonObject results = CommandRun.onlySae(run.json());
    assertThat(results.get("delta_ce").isJsonNull()).isTrue();
    assertThat(results.get("kl").getAsDouble()).isPositive();
    assertThat(results.getAsJsonObject("undefined").get("delta_ce").getAsString()).contains("next");
    assertThat(run.err()).contains("undefined results:", "delta_ce");
  }

  @Test
  void interruptEndsItWithoutAResult() {
    Thread.currentThread().interrupt();

    CommandRun run = evalTopK("--tokens", TestArguments.TOKENS, "--json", path("result.json"));

    assertThat(Thread.interrupted()).isTrue();
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.INTERRUPTED);
    assertThat(run.err()).contains("interrupted");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void saeOfAnotherWidthIsRefused() throws IOException {
    TinySae.write(folder.resolve("narrow"), 8, "none");

    CommandRun run = eval("--sae", path("narrow"), "--tokens", TestArguments.TOKENS);

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("expected width 192", "found 8").doesNotContain("\tat ");
  }

  @Test
  void missingScaleIsAskedFor() throws IOException {
    TinySae.write(folder.resolve("scaled"), 192, "expected_average_only_in");

    CommandRun without = eval("--sae", path("scaled"), "--tokens", TestArguments.TOKENS);
    CommandRun with =
        eval(
            "--sae",
            path("scaled"),
            "--tokens",
            TestArguments.TOKENS,
            "--max-tokens",
            "64",
            "--scale",
            "0.5");

    assertThat(without.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(without.err()).contains("--scale");
    assertThat(with.exitCode()).as(with.err()).isZero();
  }

  @Test
  void badFilesFailInOneLine() throws IOException {
    Path garbage = Files.writeString(folder.resolve("garbage.gguf"), "not a model");
    Path beyond = Files.writeString(folder.resolve("beyond.json"), "[[1, 2048]]");
    Path prose = Files.writeString(folder.resolve("prose.json"), "{\"tokens\": 1}");
    Path nothing = Files.writeString(folder.resolve("empty.txt"), "");

    assertFails(evalTopK("--tokens", path("none.json")), "none.json", "no such file");
    assertFails(evalTopK("--text", path("none.txt")), "none.txt", "no such file");
    assertFails(evalTopK("--text", nothing.toString()), "empty.txt", "0 tokens");
    assertFails(evalTopK("--tokens", beyond.toString()), "2048", "0 to 2047");
    assertFails(evalTopK("--tokens", prose.toString()), "prose.json", "expected a key input_ids");
    assertFails(eval("--sae", path("none"), "--tokens", TestArguments.TOKENS), "no such file");
    assertFails(
        CommandRun.of(
            "eval",
            "--model",
            garbage.toString(),
            "--sae",
            TestArguments.SAELENS,
            "--tokens",
            TestArguments.TOKENS),
        "garbage.gguf");
    assertFails(
        CommandRun.of(
            "eval",
            "--model",
            path("none"),
            "--sae",
            TestArguments.SAELENS,
            "--tokens",
            TestArguments.TOKENS),
        "no such");
  }

  @Test
  void unwritableOutputFailsBeforeTheWork() {
    CommandRun run =
        evalTopK("--tokens", TestArguments.TOKENS, "--json", path("no/such/folder.json"));

    assertFails(run, "does not exist");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void wrongUsageIsToldApart() {
    assertWrongUsage(CommandRun.of("eval"), "--model");
    assertWrongUsage(evalTopK(), "--text");
    assertWrongUsage(
        evalTopK("--text", TestArguments.TEXT, "--tokens", TestArguments.TOKENS), "--tokens");
    assertWrongUsage(
        evalTopK("--tokens", TestArguments.TOKENS, "--hook", "nonsense"), "resid_post");
    assertWrongUsage(
        evalTopK("--tokens", TestArguments.TOKENS, "--hook", "blocks.6.hook_resid_post"), "0 to 5");
    assertWrongUsage(evalTopK("--text", TestArguments.TEXT, "--context", "129"), "128");
    assertWrongUsage(evalTopK("--text", TestArguments.TEXT, "--context", "0"), "--context");
    assertWrongUsage(evalTopK("--tokens", TestArguments.TOKENS, "--bos"), "--bos");
    assertWrongUsage(evalTopK("--tokens", TestArguments.TOKENS, "--threads", "0"), "--threads");
    assertWrongUsage(evalTopK("--tokens", TestArguments.TOKENS, "--threads", "10000"), "1 to 512");
    assertWrongUsage(
        evalTopK("--tokens", TestArguments.TOKENS, "--precision", "f8"),
        "one of f32, bf16, found 'f8'");
    assertWrongUsage(evalTopK("--tokens", TestArguments.TOKENS, "--normalize", "x"), "layer_norm");
    assertWrongUsage(
        evalTopK("--tokens", TestArguments.TOKENS, "--hook-normalized", "x"), "before");
    assertWrongUsage(evalTopK("--tokens", TestArguments.TOKENS, "--scale", "-1"), "--scale");
    assertWrongUsage(evalTopK("--tokens", TestArguments.TOKENS, "--quick"), "--quick");
  }

  @Test
  void stackTraceOnlyWhenAskedFor() {
    CommandRun quiet = evalTopK("--tokens", path("none.json"));
    CommandRun verbose = evalTopK("--tokens", path("none.json"), "--verbose");

    assertThat(quiet.err()).doesNotContain("\tat ");
    assertThat(verbose.err()).contains("\tat ");
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private static void assertFails(CommandRun run, String... parts) {
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).startsWith("sae4j eval: ").contains(parts).doesNotContain("\tat ");
    assertThat(run.err().lines()).hasSize(1);
  }

  private static void assertWrongUsage(CommandRun run, String part) {
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.WRONG_USAGE);
    assertThat(run.err()).contains(part, "--help").doesNotContain("\tat ");
    assertThat(run.out()).isEmpty();
  }
}
