package org.sae4j.arch;

import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One activation of the model, where hooks can read and replace it.
 *
 * <p>Its name is TransformerLens's: {@code blocks.3.hook_resid_post}. Layers count from 0. Layer
 * norms are the exception, because TransformerLens has one name for two values. Here {@code
 * hook_normalized} comes after the norm's weight and bias, as in its versions before 3 without
 * folding. {@code hook_standardized} comes before them: that is its {@code hook_normalized} since
 * version 3, and wherever norms were folded.
 *
 * @param site the kind of activation
 * @param layer the block; 0 for sites that are not in a block
 */
public record HookPoint(Site site, int layer) {
  private static final Pattern IN_BLOCK = Pattern.compile("blocks\\.(\\d{1,6})\\.(.+)");

  public HookPoint {
    Objects.requireNonNull(site, "site");
    if (layer < 0 || (layer > 0 && !site.isLayered())) {
      throw new IllegalArgumentException(site.pattern() + " has no layer " + layer);
    }
  }

  /**
   * Finds a hook point by its name, or by one that others have for it.
   *
   * <p>Those are the names of TransformerLens 3's {@code TransformerBridge}, such as {@code
   * blocks.3.hook_out}, and of Hugging Face's modules, which stand for what a module gives: {@code
   * transformer.h.3.mlp} is {@code blocks.3.hook_mlp_out}.
   *
   * @throws IllegalArgumentException if there is none; the message lists the names
   */
  public static HookPoint of(String name) {
    return named(name)
        .or(() -> ModuleHook.of(name).flatMap(module -> named(module.output())))
        .orElseThrow(() -> unknown(name));
  }

  private static Optional<HookPoint> named(String name) {
    Matcher inBlock = IN_BLOCK.matcher(name);
    if (!inBlock.matches()) {
      return Site.ofSuffix(name, false).map(site -> new HookPoint(site, 0));
    }
    int layer = Integer.parseInt(inBlock.group(1));
    return Site.ofSuffix(inBlock.group(2), true).map(site -> new HookPoint(site, layer));
  }

  private static IllegalArgumentException unknown(String name) {
    String names =
        Arrays.stream(Site.values()).map(Site::pattern).collect(Collectors.joining(", "));
    return new IllegalArgumentException(
        "unknown hook \"" + name + "\"; there are, with a block's number for L: " + names);
  }

  /** The token embedding, {@code hook_embed}. */
  public static HookPoint embed() {
    return new HookPoint(Site.EMBED, 0);
  }

  /** The position embedding, {@code hook_pos_embed}. */
  public static HookPoint posEmbed() {
    return new HookPoint(Site.POS_EMBED, 0);
  }

  /** The residual stream before a block, {@code blocks.L.hook_resid_pre}. */
  public static HookPoint residPre(int layer) {
    return new HookPoint(Site.RESID_PRE, layer);
  }

  /** Attention's layer norm before weight and bias, {@code blocks.L.ln1.hook_standardized}. */
  public static HookPoint ln1Standardized(int layer) {
    return new HookPoint(Site.LN1_STANDARDIZED, layer);
  }

  /** The layer norm's output that attention reads, {@code blocks.L.ln1.hook_normalized}. */
  public static HookPoint ln1(int layer) {
    return new HookPoint(Site.LN1, layer);
  }

  /** The heads' results side by side, {@code blocks.L.attn.hook_z}. */
  public static HookPoint z(int layer) {
    return new HookPoint(Site.Z, layer);
  }

  /** What attention adds to the residual stream, {@code blocks.L.hook_attn_out}. */
  public static HookPoint attnOut(int layer) {
    return new HookPoint(Site.ATTN_OUT, layer);
  }

  /** The residual stream between attention and MLP, {@code blocks.L.hook_resid_mid}. */
  public static HookPoint residMid(int layer) {
    return new HookPoint(Site.RESID_MID, layer);
  }

  /** The MLP's layer norm before weight and bias, {@code blocks.L.ln2.hook_standardized}. */
  public static HookPoint ln2Standardized(int layer) {
    return new HookPoint(Site.LN2_STANDARDIZED, layer);
  }

  /** The layer norm's output that the MLP reads, {@code blocks.L.ln2.hook_normalized}. */
  public static HookPoint ln2(int layer) {
    return new HookPoint(Site.LN2, layer);
  }

  /** The MLP's hidden activation after its non-linearity, {@code blocks.L.mlp.hook_post}. */
  public static HookPoint mlpPost(int layer) {
    return new HookPoint(Site.MLP_POST, layer);
  }

  /** What the MLP adds to the residual stream, {@code blocks.L.hook_mlp_out}. */
  public static HookPoint mlpOut(int layer) {
    return new HookPoint(Site.MLP_OUT, layer);
  }

  /** The residual stream after a block, {@code blocks.L.hook_resid_post}. */
  public static HookPoint residPost(int layer) {
    return new HookPoint(Site.RESID_POST, layer);
  }

  /** The final layer norm before its weight and bias, {@code ln_final.hook_standardized}. */
  public static HookPoint standardized() {
    return new HookPoint(Site.STANDARDIZED, 0);
  }

  /** The final layer norm's output, {@code ln_final.hook_normalized}. */
  public static HookPoint normalized() {
    return new HookPoint(Site.NORMALIZED, 0);
  }

  /** The name, such as {@code blocks.3.hook_resid_post}. */
  public String name() {
    return site.nameAt(layer);
  }

  @Override
  public String toString() {
    return name();
  }
}
