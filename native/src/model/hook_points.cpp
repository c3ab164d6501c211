#include "model/hook_points.h"

#include "runtime/status.h"

namespace sae4j {

namespace {

constexpr int sites_a_layer = SAE4J_HOOK_RESID_POST - SAE4J_HOOK_RESID_PRE + 1;

bool has_layer(sae4j_site site) {
    return site >= SAE4J_HOOK_RESID_PRE && site <= SAE4J_HOOK_RESID_POST;
}

}  // namespace

std::string name_of(sae4j_point point) {
    constexpr const char * names[] = {
        "hook_embed",    "hook_pos_embed", "hook_resid_pre",  "ln1.hook_standardized",      "ln1.hook_normalized",
        "attn.hook_z",   "hook_attn_out",  "hook_resid_mid",  "ln2.hook_standardized",      "ln2.hook_normalized",
        "mlp.hook_post", "hook_mlp_out",   "hook_resid_post", "ln_final.hook_standardized", "ln_final.hook_normalized"
    };
    if (point.site < SAE4J_HOOK_EMBED || point.site > SAE4J_HOOK_NORMALIZED) {
        return "hook " + std::to_string(point.site);
    }
    const std::string name = names[point.site];
    return has_layer(point.site) ? "blocks." + std::to_string(point.layer) + "." + name : name;
}

int64_t width_of(const sae4j_model_shape & shape, sae4j_point point) {
    return point.site == SAE4J_HOOK_MLP_POST ? shape.n_ff : shape.n_embd;
}

int rank_of(const sae4j_model_shape & shape, sae4j_point point) {
    if (point.site < SAE4J_HOOK_EMBED || point.site > SAE4J_HOOK_NORMALIZED) {
        fail(SAE4J_BAD_ARGUMENT, "unknown hook site %d", static_cast<int>(point.site));
    }
    if (point.layer < 0 || point.layer >= (has_layer(point.site) ? shape.n_layer : 1)) {
        fail(SAE4J_BAD_ARGUMENT, "hook %s: expected a layer in 0 … %d, found %d", name_of(point).c_str(),
             has_layer(point.site) ? shape.n_layer - 1 : 0, point.layer);
    }
    if (has_layer(point.site)) {
        return SAE4J_HOOK_RESID_PRE + point.layer * sites_a_layer + (point.site - SAE4J_HOOK_RESID_PRE);
    }
    return point.site < SAE4J_HOOK_RESID_PRE ? point.site : point.site + (shape.n_layer - 1) * sites_a_layer;
}

}  // namespace sae4j
