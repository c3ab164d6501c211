package org.sae4j;

import static org.sae4j.engine.global.sae4j.SAE4J_HOOK_ATTN_OUT;
import static org.sae4j.engine.global.sae4j.SAE4J_HOOK_EMBED;
import static org.sae4j.engine.global.sae4j.SAE4J_HOOK_LN1;
import static org.sae4j.engine.global.sae4j.SAE4J_HOOK_LN1_STANDARDIZED;
import static org.sae4j.engine.global.sae4j.SAE4J_HOOK_LN2;
import static org.sae4j.engine.global.sae4j.SAE4J_HOOK_LN2_STANDARDIZED;
import static org.sae4j.engine.global.sae4j.SAE4J_HOOK_MLP_OUT;
import static org.sae4j.engine.global.sae4j.SAE4J_HOOK_MLP_POST;
import static org.sae4j.engine.global.sae4j.SAE4J_HOOK_NORMALIZED;
import static org.sae4j.engine.global.sae4j.SAE4J_HOOK_POS_EMBED;
import static org.sae4j.engine.global.sae4j.SAE4J_HOOK_RESID_MID;
import static org.sae4j.engine.global.sae4j.SAE4J_HOOK_RESID_POST;
import static org.sae4j.engine.global.sae4j.SAE4J_HOOK_RESID_PRE;
import static org.sae4j.engine.global.sae4j.SAE4J_HOOK_STANDARDIZED;
import static org.sae4j.engine.global.sae4j.SAE4J_HOOK_Z;

import org.sae4j.engine.sae4j_batch;
import org.sae4j.engine.sae4j_point;

/** Sequences and hook points as the engine takes them. */
final class EngineStructs {
  private EngineStructs() {}

  static sae4j_batch batch(Sequences sequences, CallMemory memory) {
    return memory
        .struct(new sae4j_batch())
        .tokens(memory.ints(sequences.ids()))
        .lengths(memory.ints(sequences.lengths()))
        .n_sequences(sequences.count());
  }

  static sae4j_point point(HookPoint point, CallMemory memory) {
    return memory.struct(new sae4j_point()).site(site(point.site())).layer(point.layer());
  }

  private static int site(Site site) {
    return switch (site) {
      case EMBED -> SAE4J_HOOK_EMBED;
      case POS_EMBED -> SAE4J_HOOK_POS_EMBED;
      case RESID_PRE -> SAE4J_HOOK_RESID_PRE;
      case LN1_STANDARDIZED -> SAE4J_HOOK_LN1_STANDARDIZED;
      case LN1 -> SAE4J_HOOK_LN1;
      case Z -> SAE4J_HOOK_Z;
      case ATTN_OUT -> SAE4J_HOOK_ATTN_OUT;
      case RESID_MID -> SAE4J_HOOK_RESID_MID;
      case LN2_STANDARDIZED -> SAE4J_HOOK_LN2_STANDARDIZED;
      case LN2 -> SAE4J_HOOK_LN2;
      case MLP_POST -> SAE4J_HOOK_MLP_POST;
      case MLP_OUT -> SAE4J_HOOK_MLP_OUT;
      case RESID_POST -> SAE4J_HOOK_RESID_POST;
      case STANDARDIZED -> SAE4J_HOOK_STANDARDIZED;
      case NORMALIZED -> SAE4J_HOOK_NORMALIZED;
    };
  }
}
