package org.sae4j.format;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The activations that a module of a Hugging Face model reads and writes, as TransformerLens names
 * them.
 *
 * <p>Recognised are paths of modules such as {@code transformer.h.3.mlp} or {@code layers.3}, and
 * the names that dictionary_learning's users give them, such as {@code resid_post_layer_3}, which
 * name one activation.
 *
 * @param input what the module reads; empty if the name is that of an activation
 * @param output what it writes
 * @param layer the block, from 0
 */
record ModuleHook(Optional<String> input, String output, int layer) {
  private static final Pattern MODULE =
      Pattern.compile(
          "(?:transformer\\.|model\\.|gpt_neox\\.)?(?:h|layers)\\.(?<layer>\\d{1,4})"
              + "(?<part>\\.attn|\\.self_attn|\\.attention|\\.mlp|\\.mlp\\.act)?");

  private static final Pattern ACTIVATION =
      Pattern.compile(
          "(?<site>resid_pre|resid_mid|resid_post|attn_out|attention_out|mlp_out)"
              + "_layer_?(?<layer>\\d{1,4})");

  /** Finds the activations of a module, if its name is known. */
  static Optional<ModuleHook> of(String name) {
    Matcher module = MODULE.matcher(name);
    if (module.matches()) {
      int layer = Integer.parseInt(module.group("layer"));
      return Optional.of(ofModule(layer, Optional.ofNullable(module.group("part")).orElse("")));
    }
    Matcher activation = ACTIVATION.matcher(name);
    if (activation.matches()) {
      int layer = Integer.parseInt(activation.group("layer"));
      String site = activation.group("site").replace("attention_out", "attn_out");
      return Optional.of(new ModuleHook(Optional.empty(), in(layer, "hook_" + site), layer));
    }
    return Optional.empty();
  }

  private static ModuleHook ofModule(int layer, String part) {
    return switch (part) {
      case "" -> of(layer, "hook_resid_pre", "hook_resid_post");
      case ".mlp" -> of(layer, "ln2.hook_normalized", "hook_mlp_out");
      case ".mlp.act" -> of(layer, "mlp.hook_pre", "mlp.hook_post");
      default -> of(layer, "ln1.hook_normalized", "hook_attn_out");
    };
  }

  private static ModuleHook of(int layer, String input, String output) {
    return new ModuleHook(Optional.of(in(layer, input)), in(layer, output), layer);
  }

  private static String in(int layer, String site) {
    return "blocks." + layer + "." + site;
  }
}
