package org.sae4j.arch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.Model;
import org.sae4j.ModelOptions;

class HookPointTest {
  private static final ModelShape SHAPE = new ModelShape(2, 2, 8, 32, 16, 64, true, 1e-5f);

  private static final Model MODEL = Model.random(SHAPE, 1, ModelOptions.defaults());

  @AfterAll
  static void close() {
    MODEL.close();
  }

  @Test
  void namesThereAndBack() {
    assertThat(MODEL.hookPoints()).hasSize(4 + 2 * 11);
    for (HookPoint point : MODEL.hookPoints()) {
      assertThat(HookPoint.of(point.name())).isEqualTo(point);
    }
  }

  @Test
  void namesAreTransformerLenssButForWhatNormsHaveBeforeTheirWeights() {
    assertThat(MODEL.hookPoints())
        .extracting(HookPoint::name)
        .startsWith(
            "hook_embed",
            "hook_pos_embed",
            "blocks.0.hook_resid_pre",
            "blocks.0.ln1.hook_standardized",
            "blocks.0.ln1.hook_normalized",
            "blocks.0.attn.hook_z",
            "blocks.0.hook_attn_out",
            "blocks.0.hook_resid_mid",
            "blocks.0.ln2.hook_standardized",
            "blocks.0.ln2.hook_normalized",
            "blocks.0.mlp.hook_post",
            "blocks.0.hook_mlp_out",
            "blocks.0.hook_resid_post",
            "blocks.1.hook_resid_pre")
        .endsWith("ln_final.hook_standardized", "ln_final.hook_normalized");
  }

  @Test
  void widths() {
    assertThat(MODEL.width(HookPoint.mlpPost(1))).isEqualTo(32);
    assertThat(MODEL.width(HookPoint.mlpOut(1))).isEqualTo(8);
    assertThatThrownBy(() -> MODEL.width(HookPoint.mlpOut(2)))
        .hasMessage("unknown hook \"blocks.2.hook_mlp_out\": the model has layers 0 to 1");
  }

  @Test
  void whatGoesOnToTheLogits() {
    assertThat(MODEL.hookPoints().stream().filter(point -> !MODEL.hasDirectPath(point)))
        .extracting(HookPoint::site)
        .containsOnly(
            Site.LN1_STANDARDIZED,
            Site.LN1,
            Site.Z,
            Site.LN2_STANDARDIZED,
            Site.LN2,
            Site.MLP_POST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "blocks.3",
        "blocks.-1.hook_resid_post",
        "blocks.x.hook_resid_post",
        "blocks.99999999999.hook_resid_post",
        "blocks.0.hook_embed",
        "hook_resid_post",
        "blocks.0.hook_resid_post ",
        "blocks.0.ln_final.hook_normalized",
        "hook_Embed",
        "blocks.3.ln2.hook_in",
        "blocks.3.mlp.hook_pre",
        "hook_out",
        "blocks.3.embed.hook_out",
        "h.3.mlp.c_fc",
        "h.3.attn.c_attn",
        "h.x",
        "transformer.h.3.",
        "lm_head"
      })
  void unknownNamesListTheKnown(String name) {
    assertThatThrownBy(() -> HookPoint.of(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("unknown hook \"" + name + "\"")
        .hasMessageContaining("blocks.L.mlp.hook_post")
        .hasMessageContaining("ln_final.hook_normalized");
  }

  @ParameterizedTest
  @CsvSource({
    "embed.hook_out, hook_embed",
    "pos_embed.hook_out, hook_pos_embed",
    "blocks.3.hook_in, blocks.3.hook_resid_pre",
    "blocks.3.ln1.hook_out, blocks.3.ln1.hook_normalized",
    "blocks.3.attn.hook_in, blocks.3.ln1.hook_normalized",
    "blocks.3.attn.o.hook_in, blocks.3.attn.hook_z",
    "blocks.3.attn.hook_out, blocks.3.hook_attn_out",
    "blocks.3.ln2.hook_out, blocks.3.ln2.hook_normalized",
    "blocks.3.mlp.hook_in, blocks.3.ln2.hook_normalized",
    "blocks.3.mlp.out.hook_in, blocks.3.mlp.hook_post",
    "blocks.3.mlp.hook_out, blocks.3.hook_mlp_out",
    "blocks.3.hook_out, blocks.3.hook_resid_post",
    "ln_final.hook_out, ln_final.hook_normalized",
    "unembed.hook_in, ln_final.hook_normalized",
    "transformer.wte, hook_embed",
    "wpe, hook_pos_embed",
    "transformer.drop, blocks.0.hook_resid_pre",
    "transformer.h.3, blocks.3.hook_resid_post",
    "h.3, blocks.3.hook_resid_post",
    "h.3.ln_1, blocks.3.ln1.hook_normalized",
    "h.3.attn, blocks.3.hook_attn_out",
    "h.3.attn.c_proj, blocks.3.hook_attn_out",
    "transformer.h.3.ln_2, blocks.3.ln2.hook_normalized",
    "transformer.h.3.mlp, blocks.3.hook_mlp_out",
    "h.3.mlp.act, blocks.3.mlp.hook_post",
    "h.3.mlp.c_proj, blocks.3.hook_mlp_out",
    "transformer.ln_f, ln_final.hook_normalized",
  })
  void othersNamesAreUnderstood(String name, String own) {
    assertThat(HookPoint.of(name).name()).isEqualTo(own);
  }

  @Test
  void onlyBlocksHaveLayers() {
    assertThatThrownBy(() -> new HookPoint(Site.EMBED, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> HookPoint.residPost(-1)).isInstanceOf(IllegalArgumentException.class);
  }
}
