package org.sae4j.testing;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Documents as commands write them, with known numbers. */
public final class SampleResults {
  /** What would do something if it were not taken as text. */
  public static final String HOSTILE =
      "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>";

  /** By their L0 and KL; the third is beaten by the second. */
  public static final List<String> SAES =
      List.of("zoo/small/ae.pt", "zoo/large/ae.pt", "zoo/bad/ae.pt");

  private static final double[] L0 = {8, 64, 70};
  private static final double[] KL = {0.5, 0.125, 0.25};

  private static final Gson GSON = new Gson();

  private SampleResults() {}

  /** An object of keys and values in turn. */
  public static Map<String, Object> object(Object... pairs) {
    Map<String, Object> object = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      object.put((String) pairs[i], pairs[i + 1]);
    }
    return object;
  }

  public static Path write(Path file, Object... lines) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Object line : lines) {
      text.append(GSON.toJson(line)).append('\n');
    }
    return Files.writeString(file, text);
  }

  /** A document but for its results. */
  public static Map<String, Object> header(String command, List<String> saes) {
    List<Object> inputs = new ArrayList<>();
    inputs.add(input("model", "gpt2.gguf", object("layers", 12)));
    for (String sae : saes) {
      Map<String, Object> input = input("sae", sae, object("d_in", 768, "d_sae", 1000));
      input.putAll(object("format", "OpenAI", "activation", "topk", "k", 32));
      input.put("hook", "blocks.8.hook_resid_post");
      input.put("assumptions", List.of("hook " + HOSTILE));
      inputs.add(input);
    }
    inputs.add(input("text", "prose.txt", object("sequences", 2, "tokens", 1000)));
    return object(
        "schema",
        "sae4j/" + command + "/" + (command.equals("eval") ? 2 : 1),
        "sae4j",
        object("version", "0.1.0"),
        "options",
        object("command", command, "hook", "blocks.8.hook_resid_post", "future", 16),
        "inputs",
        inputs);
  }

  private static Map<String, Object> input(String kind, String path, Object shape) {
    String sha256 = String.format("%064x", path.hashCode());
    return new HashMap<>(object("kind", kind, "path", path, "sha256", sha256, "shape", shape));
  }

  private static Map<String, Object> with(Map<String, Object> header, Object results) {
    header.put("results", results);
    return header;
  }

  /** Everything that {@code eval} has to say of three SAEs, each with so many latents. */
  public static Path eval(Path folder, int latents) throws IOException {
    List<Object> saes = new ArrayList<>();
    for (int i = 0; i < SAES.size(); i++) {
      double kl = KL[i];
      saes.add(
          object(
              "sae",
              SAES.get(i),
              "kl",
              kl,
              "delta_ce",
              kl - 0.2,
              "l0",
              L0[i],
              "explained_variance",
              0.9,
              "dead_fraction",
              0.25,
              "tokens",
              1000,
              "ci95",
              object("kl", List.of(kl - 0.01, kl + 0.01)),
              "kl_by_position",
              IntStream.range(0, 64).mapToDouble(p -> kl + p / 1e3).toArray(),
              "by_token_frequency",
              List.of(decade(1e-3, kl), decade(1e-2, kl / 2)),
              "density",
              density(latents),
              "self_test",
              object("warnings", i == 2 ? List.of("L0 is " + HOSTILE) : List.of())));
    }
    Map<String, Object> difference =
        object("a", SAES.get(0), "b", SAES.get(1), "kl", difference(0.375));
    Map<String, Object> other = object("a", SAES.get(2), "b", SAES.get(1), "kl", difference(0.125));
    Object results = object("saes", saes, "paired", List.of(difference, other));
    return write(folder.resolve("eval.json"), with(header("eval", SAES), results));
  }

  private static Map<String, Object> decade(double from, double kl) {
    return object("from", from, "to", 10 * from, "tokens", 10, "kl", kl);
  }

  private static Map<String, Object> difference(double value) {
    return object("difference", value, "ci95", List.of(value - 0.01, value + 0.01));
  }

  private static Map<String, Object> density(int latents) {
    return object(
        "log10_edges",
        List.of(-3, -2, -1, 0),
        "counts",
        List.of(5, 4, 3),
        "dead",
        2,
        "fires",
        IntStream.range(0, latents).map(i -> (i * 7919) % 1000).toArray());
  }

  /** Effects, one per line: of latent 3 sparsities 0.1 and 0.3, of channel 5 0.6. */
  public static Path ablate(Path folder) throws IOException {
    Map<String, Object> summary =
        object("mean", 0.2, "ci95", List.of(0.1, 0.3), "row_mean", 0.62, "pairs", 2);
    summary.put("by_latent", List.of(means("latent", 3, 0.2)));
    Map<String, Object> channels = object("mean", 0.6, "row_mean", 0.63, "pairs", 1);
    channels.put("by_channel", List.of(means("channel", 5, 0.6)));
    summary.put("channels", channels);
    return write(
        folder.resolve("ablate.jsonl"),
        header("ablate", SAES.subList(0, 1)),
        effect("latent", 3, 0.1, 1),
        effect("latent", 3, 0.3, 3),
        effect("channel", 5, 0.6, 1),
        object("results", summary));
  }

  private static Map<String, Object> means(String thing, int which, double sparsity) {
    return object(thing, which, "pairs", 2, "sparsity", sparsity, "row_sparsity", 0.62);
  }

  public static Map<String, Object> effect(String thing, int which, double sparsity, double kl) {
    return object(
        "sequence",
        0,
        "position",
        9,
        thing,
        which,
        "activation",
        1.5,
        "sparsity",
        sparsity,
        "row_sparsity",
        0.6,
        "kl",
        kl,
        "below_noise",
        false);
  }

  /** Latents 3 and 4; what latent 4 likes is hostile. */
  public static Path latent(Path folder) throws IOException {
    Object results =
        object(
            "sae",
            SAES.get(0),
            "without_logits",
            "of an inner hook",
            "latents",
            List.of(shown(3, " whale", 30), shown(4, HOSTILE, 40)));
    return write(
        folder.resolve("latent.json"), with(header("latent", SAES.subList(0, 1)), results));
  }

  private static Map<String, Object> shown(int latent, String token, int fires) {
    Map<String, Object> context = object("sequence", 1, "position", 7, "activation", 4.5);
    context.putAll(object("before", "Call me\n", "token", token, "after", " \u202eand so on"));
    Map<String, Object> spoken = object("id", 7, "token", token, "logit", 2.5);
    return object(
        "latent",
        latent,
        "fires",
        fires,
        "density",
        fires / 1000.0,
        "max_activation",
        4.5,
        "contexts",
        List.of(context),
        "promoted",
        List.of(spoken),
        "suppressed",
        List.of());
  }

  /** The JSON of an id in a page. */
  public static JsonObject inPage(String html, String id) {
    String begin = "id=\"" + id + "\">";
    int from = html.indexOf(begin) + begin.length();
    return GSON.fromJson(html.substring(from, html.indexOf("</script>", from)), JsonObject.class);
  }
}
