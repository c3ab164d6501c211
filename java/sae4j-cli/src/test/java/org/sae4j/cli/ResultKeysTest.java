package org.sae4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** java/docs/results.md has every key that the commands write, and no other. */
class ResultKeysTest {
  private static final Path PAGE =
      Path.of(TestArguments.MODEL).getParent().resolveSibling("java/docs/results.md");
  private static final Pattern KEY = Pattern.compile("`([a-z][a-z0-9_]*)`");
  private static final Pattern FIRST_COLUMN = Pattern.compile("(?m)^\\| (`[^|]*) \\|");

  /** Objects whose keys are data: names of options, tensors, numbers and reasons. */
  private static final Set<String> KEYED_BY_DATA =
      Set.of("options", "undefined", "skipped_by_reason");

  /** What is written only when something goes wrong. */
  private static final Set<String> SELDOM = Set.of("interrupted", "undefined", "without_logits");

  @TempDir Path folder;

  private final Set<String> written = new TreeSet<>();

  @Test
  void thePageHasWhatIsWritten() throws IOException {
    String page = Files.readString(PAGE);
    collectKeys();

    assertThat(keys(page)).containsAll(written);
    Set<String> promised = new TreeSet<>();
    FIRST_COLUMN.matcher(page).results().forEach(row -> promised.addAll(keys(row.group(1))));
    promised.removeAll(SELDOM);
    assertThat(promised).hasSizeGreaterThan(50);
    assertThat(written).containsAll(promised);
  }

  private static Set<String> keys(String text) {
    Set<String> keys = new TreeSet<>();
    KEY.matcher(text).results().forEach(key -> keys.add(key.group(1)));
    return keys;
  }

  private void collectKeys() throws IOException {
    Path lines = folder.resolve("sequences.jsonl");
    String[] saes = {TestArguments.OPENAI, TestArguments.SAELENS};
    collect("eval", input(256, "--sae", saes[0], "--sae", saes[1], "--per-sequence", "" + lines));
    collect("eval", input(2048, "--sae", saes[0]));
    collect("ablate", input(256, "--sae", saes[0], "--sample", "2", "--plot", output("a.svg")));
    collect("latent", input(256, "--sae", saes[0], "--latents", "1"));
    collect("logits", input(256, "--output", output("logits")));
    collect("capture", input(256, "--hook", TestArguments.HOOK, "--output", output("activations")));
    collect("inspect", List.of(TestArguments.MODEL, TestArguments.SAELENS));
    collect("convert", List.of("--sae", TestArguments.SAELENS, "--output", output("converted")));
    for (String line : Files.readAllLines(lines)) {
      collect(JsonParser.parseString(line));
    }
  }

  private String output(String name) {
    return folder.resolve(name).toString();
  }

  private static List<String> input(int tokens, String... more) {
    List<String> options = new ArrayList<>(List.of("--model", TestArguments.MODEL));
    options.addAll(List.of("--text", TestArguments.TEXT, "--max-tokens", String.valueOf(tokens)));
    options.addAll(List.of(more));
    return options;
  }

  private void collect(String command, List<String> options) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(options);
    CommandRun run = CommandRun.of(CommandRun.args(all, "--json", "-"));
    assertThat(run.exitCode()).as(run.err()).isZero();
    collect(run.json());
  }

  private void collect(JsonElement element) {
    if (element.isJsonArray()) {
      element.getAsJsonArray().forEach(this::collect);
    } else if (element instanceof JsonObject object) {
      object
          .entrySet()
          .forEach(
              entry -> {
                written.add(entry.getKey());
                if (!isKeyedByData(entry.getKey(), entry.getValue())) {
                  collect(entry.getValue());
                }
              });
    }
  }

  private static boolean isKeyedByData(String key, JsonElement value) {
    return KEYED_BY_DATA.contains(key) || key.equals("tensors") && value.isJsonObject();
  }
}
