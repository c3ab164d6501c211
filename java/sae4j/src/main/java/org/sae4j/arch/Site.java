package org.sae4j.arch;

import java.util.List;
import java.util.Optional;

/** A kind of activation in the model; together with a layer it is a {@link HookPoint}. */
public enum Site {
  /** The token embedding. */
  EMBED("hook_embed", false, "embed.hook_out"),
  /** The position embedding. */
  POS_EMBED("hook_pos_embed", false, "pos_embed.hook_out"),
  /** The residual stream before a block. */
  RESID_PRE("hook_resid_pre", true, "hook_in"),
  /** What attention's layer norm has before its weight and bias. */
  LN1_STANDARDIZED("ln1.hook_standardized", true),
  /** The layer norm's output that attention reads, after weight and bias. */
  LN1("ln1.hook_normalized", true, "ln1.hook_out", "attn.hook_in"),
  /** The heads' results, side by side, before the output projection. */
  Z("attn.hook_z", true, "attn.o.hook_in"),
  /** What attention adds to the residual stream. */
  ATTN_OUT("hook_attn_out", true, "attn.hook_out", "attn.o.hook_out"),
  /** The residual stream between attention and MLP. */
  RESID_MID("hook_resid_mid", true),
  /** What the MLP's layer norm has before its weight and bias. */
  LN2_STANDARDIZED("ln2.hook_standardized", true),
  /** The layer norm's output that the MLP reads, after weight and bias. */
  LN2("ln2.hook_normalized", true, "ln2.hook_out", "mlp.hook_in"),
  /** The MLP's hidden activation, after its non-linearity. */
  MLP_POST("mlp.hook_post", true, "mlp.out.hook_in"),
  /** What the MLP adds to the residual stream. */
  MLP_OUT("hook_mlp_out", true, "mlp.hook_out", "mlp.out.hook_out"),
  /** The residual stream after a block. */
  RESID_POST("hook_resid_post", true, "hook_out"),
  /** What the final layer norm has before its weight and bias. */
  STANDARDIZED("ln_final.hook_standardized", false),
  /** The final layer norm's output, which the unembedding reads. */
  NORMALIZED("ln_final.hook_normalized", false, "ln_final.hook_out", "unembed.hook_in");

  private final String suffix;
  private final boolean layered;

  /** What TransformerLens 3 calls it when it wraps a model of Hugging Face's. */
  private final List<String> bridgeSuffixes;

  Site(String suffix, boolean layered, String... bridgeSuffixes) {
    this.suffix = suffix;
    this.layered = layered;
    this.bridgeSuffixes = List.of(bridgeSuffixes);
  }

  /** Tells whether every block has its own. */
  public boolean isLayered() {
    return layered;
  }

  /** Tells of a layer norm's sites which of the two it is. */
  public Optional<HookNormalized> hookNormalized() {
    return switch (this) {
      case LN1_STANDARDIZED, LN2_STANDARDIZED, STANDARDIZED -> Optional.of(HookNormalized.BEFORE);
      case LN1, LN2, NORMALIZED -> Optional.of(HookNormalized.AFTER);
      default -> Optional.empty();
    };
  }

  /** The other one of a layer norm's two sites; of other sites the same. */
  public Site otherSideOfWeights() {
    return switch (this) {
      case LN1_STANDARDIZED -> LN1;
      case LN1 -> LN1_STANDARDIZED;
      case LN2_STANDARDIZED -> LN2;
      case LN2 -> LN2_STANDARDIZED;
      case STANDARDIZED -> NORMALIZED;
      case NORMALIZED -> STANDARDIZED;
      default -> this;
    };
  }

  /** The name of its hooks, with {@code L} for the layer: {@code blocks.L.hook_mlp_out}. */
  public String pattern() {
    return layered ? "blocks.L." + suffix : suffix;
  }

  String nameAt(int layer) {
    return layered ? "blocks." + layer + "." + suffix : suffix;
  }

  static Optional<Site> ofSuffix(String suffix, boolean layered) {
    for (Site site : values()) {
      boolean named = site.suffix.equals(suffix) || site.bridgeSuffixes.contains(suffix);
      if (site.layered == layered && named) {
        return Optional.of(site);
      }
    }
    return Optional.empty();
  }
}
