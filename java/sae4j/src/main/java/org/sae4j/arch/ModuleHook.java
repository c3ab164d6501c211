package org.sae4j.arch;

import java.util.Optional;
import java.util.OptionalInt;
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
 * @param input what the module reads; empty if that is no activation of its own
 * @param output what it writes
 * @param layer the block, from 0; empty for a module outside the blocks
 */
public record ModuleHook(Optional<String> input, String output, OptionalInt layer) {
  private static final String PREFIX = "(?:model\\.)?(?:transformer\\.|gpt_neox\\.)?";

  private static final Pattern IN_BLOCK =
      Pattern.compile(PREFIX + "(?:h|layers)\\.(?<layer>\\d{1,4})(?:\\.(?<part>[\\w.]+))?");

  private static final Pattern OUTSIDE = Pattern.compile(PREFIX + "(?<part>wte|wpe|drop|ln_f)");

  private static final Pattern ACTIVATION =
      Pattern.compile(
          "(?<site>resid_pre|resid_mid|resid_post|attn_out|attention_out|mlp_out)"
              + "_layer_?(?<layer>\\d{1,4})");

  /** Finds the activations of a module, if its name is known. */
  public static Optional<ModuleHook> of(String name) {
    Matcher inBlock = IN_BLOCK.matcher(name);
    if (inBlock.matches()) {
      int layer = Integer.parseInt(inBlock.group("layer"));
      return inBlock(layer, Optional.ofNullable(inBlock.group("part")).orElse(""));
    }
    Matcher outside = OUTSIDE.matcher(name);
    if (outside.matches()) {
      return Optional.of(outside(outside.group("part")));
    }
    Matcher activation = ACTIVATION.matcher(name);
    if (activation.matches()) {
      int layer = Integer.parseInt(activation.group("layer"));
      String site = activation.group("site").replace("attention_out", "attn_out");
      return Optional.of(writing(layer, "hook_" + site));
    }
    return Optional.empty();
  }

  private static Optional<ModuleHook> inBlock(int layer, String part) {
    return Optional.ofNullable(
        switch (part) {
          case "" -> between(layer, "hook_resid_pre", "hook_resid_post");
          case "ln_1" -> writing(layer, "ln1.hook_normalized");
          case "attn", "self_attn", "attention" ->
              between(layer, "ln1.hook_normalized", "hook_attn_out");
          case "attn.c_proj" -> between(layer, "attn.hook_z", "hook_attn_out");
          case "attn.resid_dropout" -> writing(layer, "hook_attn_out");
          case "ln_2" -> writing(layer, "ln2.hook_normalized");
          case "mlp" -> between(layer, "ln2.hook_normalized", "hook_mlp_out");
          case "mlp.act" -> between(layer, "mlp.hook_pre", "mlp.hook_post");
          case "mlp.c_proj" -> between(layer, "mlp.hook_post", "hook_mlp_out");
          case "mlp.dropout" -> writing(layer, "hook_mlp_out");
          default -> null;
        });
  }

  private static ModuleHook outside(String part) {
    String output =
        switch (part) {
          case "wte" -> "hook_embed";
          case "wpe" -> "hook_pos_embed";
          case "drop" -> "blocks.0.hook_resid_pre";
          default -> "ln_final.hook_normalized";
        };
    return new ModuleHook(Optional.empty(), output, OptionalInt.empty());
  }

  private static ModuleHook between(int layer, String input, String output) {
    return new ModuleHook(Optional.of(in(layer, input)), in(layer, output), OptionalInt.of(layer));
  }

  private static ModuleHook writing(int layer, String output) {
    return new ModuleHook(Optional.empty(), in(layer, output), OptionalInt.of(layer));
  }

  private static String in(int layer, String site) {
    return "blocks." + layer + "." + site;
  }
}
