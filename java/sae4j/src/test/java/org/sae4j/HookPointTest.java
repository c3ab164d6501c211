package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HookPointTest {
  private static final ModelShape SHAPE = new ModelShape(2, 2, 8, 32, 16, 64, true, 1e-5f);

  @Test
  void namesThereAndBack() {
    assertThat(HookPoint.all(SHAPE)).hasSize(4 + 2 * 11);
    for (HookPoint point : HookPoint.all(SHAPE)) {
      assertThat(HookPoint.of(point.name())).isEqualTo(point);
    }
  }

  @Test
  void namesAreTransformerLenssButForWhatNormsHaveBeforeTheirWeights() {
    assertThat(HookPoint.all(SHAPE))
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
    assertThat(HookPoint.mlpPost(1).width(SHAPE)).isEqualTo(32);
    assertThat(HookPoint.mlpOut(1).width(SHAPE)).isEqualTo(8);
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
        "hook_Embed"
      })
  void unknownNamesListTheKnown(String name) {
    assertThatThrownBy(() -> HookPoint.of(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("unknown hook \"" + name + "\"")
        .hasMessageContaining("blocks.L.mlp.hook_post")
        .hasMessageContaining("ln_final.hook_normalized");
  }

  @Test
  void onlyBlocksHaveLayers() {
    assertThatThrownBy(() -> new HookPoint(Site.EMBED, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> HookPoint.residPost(-1)).isInstanceOf(IllegalArgumentException.class);
  }
}
