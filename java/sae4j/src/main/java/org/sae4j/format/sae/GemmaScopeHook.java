package org.sae4j.format.sae;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;

/**
 * The activations that an SAE of Gemma Scope reads and replaces.
 *
 * @param input what it reads, if that is known
 * @param output what a transcoder replaces; empty for an SAE
 * @param assumption how that was found out, if no file says it
 */
record GemmaScopeHook(
    Optional<String> input, Optional<String> output, Optional<String> assumption) {
  private static final Pattern PATH =
      Pattern.compile(
          "(?:.*/)?layer_(?<layer>\\d{1,4})/width_[^/]+/(?:average_l0_[^/]+|canonical)/[^/]+");

  /** One repository has the SAEs of one site. */
  private static final Pattern SITE =
      Pattern.compile("gemma-scope-[^/]*-(?<site>res|mlp|att|transcoders)/");

  private static final Pattern MODULE =
      Pattern.compile(
          "model\\.(?:language_model\\.)?layers\\.(?<layer>\\d{1,4})\\.(?<part>output"
              + "|self_attn\\.o_proj\\.input|pre_feedforward_layernorm\\.output"
              + "|post_feedforward_layernorm\\.output)");

  /**
   * Reads the hooks from the path of a file: {@code layer_3/width_16k/average_l0_20/params.npz}.
   */
  static GemmaScopeHook of(Path file) {
    String path =
        StreamSupport.stream(file.toAbsolutePath().normalize().spliterator(), false)
            .map(Path::toString)
            .collect(Collectors.joining("/"));
    Matcher matcher = PATH.matcher(path);
    if (!matcher.matches()) {
      return new GemmaScopeHook(Optional.empty(), Optional.empty(), Optional.empty());
    }
    String block = "blocks." + Integer.parseInt(matcher.group("layer")) + ".";
    Matcher site = SITE.matcher(path);
    return switch (site.find() ? site.group("site") : "") {
      case "mlp" -> ofPath(block + "hook_mlp_out", Optional.empty(), "");
      case "att" -> ofPath(block + "attn.hook_z", Optional.empty(), "");
      case "transcoders" ->
          ofPath(block + "ln2.hook_normalized", Optional.of(block + "hook_mlp_out"), "");
      case "res" -> ofPath(block + "hook_resid_post", Optional.empty(), "");
      default ->
          ofPath(
              block + "hook_resid_post",
              Optional.empty(),
              ", which tells the layer; the residual stream is what most of them are of");
    };
  }

  private static GemmaScopeHook ofPath(String input, Optional<String> output, String reservation) {
    String arrow = output.map(out -> " to " + out).orElse("");
    return new GemmaScopeHook(
        Optional.of(input),
        output,
        Optional.of("hook " + input + arrow + ": taken from the path of the file" + reservation));
  }

  /** Reads the hooks from a configuration, which names modules of Hugging Face's Gemma. */
  static GemmaScopeHook of(JsonFields config) throws FormatException {
    Optional<String> in = config.string("hf_hook_point_in");
    Optional<String> out =
        config.string("hf_hook_point_out").filter(point -> !in.equals(Optional.of(point)));
    Optional<String> input = in.flatMap(GemmaScopeHook::hook);
    Optional<String> output = out.flatMap(GemmaScopeHook::hook);
    if (out.isPresent() && output.isEmpty()) {
      throw config.mismatch("hf_hook_point_out", "the output of a block or an MLP", out.get());
    }
    Optional<String> assumption =
        in.isPresent() && input.isEmpty()
            ? Optional.of(
                "hook: none; hf_hook_point_in " + in.get() + " is not one that sae4j knows")
            : Optional.empty();
    return new GemmaScopeHook(input, output, assumption);
  }

  private static Optional<String> hook(String module) {
    Matcher matcher = MODULE.matcher(module);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String site =
        switch (matcher.group("part")) {
          case "output" -> "hook_resid_post";
          case "self_attn.o_proj.input" -> "attn.hook_z";
          case "pre_feedforward_layernorm.output" -> "ln2.hook_normalized";
          default -> "hook_mlp_out";
        };
    return Optional.of("blocks." + Integer.parseInt(matcher.group("layer")) + "." + site);
  }
}
