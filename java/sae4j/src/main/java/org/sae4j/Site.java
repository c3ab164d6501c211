package org.sae4j;

import java.util.Optional;

/** A kind of activation in the model; together with a layer it is a {@link HookPoint}. */
public enum Site {
  /** The token embedding. */
  EMBED("hook_embed", false),
  /** The position embedding. */
  POS_EMBED("hook_pos_embed", false),
  /** The residual stream before a block. */
  RESID_PRE("hook_resid_pre", true),
  /** The layer norm's output that attention reads, after weight and bias. */
  LN1("ln1.hook_normalized", true),
  /** The heads' results, side by side, before the output projection. */
  Z("attn.hook_z", true),
  /** What attention adds to the residual stream. */
  ATTN_OUT("hook_attn_out", true),
  /** The residual stream between attention and MLP. */
  RESID_MID("hook_resid_mid", true),
  /** The layer norm's output that the MLP reads, after weight and bias. */
  LN2("ln2.hook_normalized", true),
  /** The MLP's hidden activation, after GELU. */
  MLP_POST("mlp.hook_post", true),
  /** What the MLP adds to the residual stream. */
  MLP_OUT("hook_mlp_out", true),
  /** The residual stream after a block. */
  RESID_POST("hook_resid_post", true),
  /** The final layer norm's output, which the unembedding reads. */
  NORMALIZED("ln_final.hook_normalized", false);

  private final String suffix;
  private final boolean layered;

  Site(String suffix, boolean layered) {
    this.suffix = suffix;
    this.layered = layered;
  }

  /** Tells whether every block has its own. */
  public boolean isLayered() {
    return layered;
  }

  /**
   * Tells whether what is put there goes on to the logits by the direct path: it is in the residual
   * stream, is added to it, or lies behind it.
   */
  public boolean hasDirectPath() {
    return this != LN1 && this != Z && this != LN2 && this != MLP_POST;
  }

  /** The name in TransformerLens, with {@code L} for the layer: {@code blocks.L.hook_mlp_out}. */
  public String pattern() {
    return layered ? "blocks.L." + suffix : suffix;
  }

  String nameAt(int layer) {
    return layered ? "blocks." + layer + "." + suffix : suffix;
  }

  static Optional<Site> ofSuffix(String suffix, boolean layered) {
    for (Site site : values()) {
      if (site.layered == layered && site.suffix.equals(suffix)) {
        return Optional.of(site);
      }
    }
    return Optional.empty();
  }
}
