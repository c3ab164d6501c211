package org.sae4j;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.sae4j.engine.sae4j_effect;

/** What the engine says a replacement does at each token of a batch. */
final class EffectArrays {
  private final DoublePointer kl; // [tokens]
  private final DoublePointer ce; // [tokens]
  private final BytePointer top1; // [tokens]
  private final sae4j_effect struct;

  EffectArrays(int tokens, CallMemory memory) {
    kl = memory.doubles(tokens);
    ce = memory.doubles(tokens);
    top1 = memory.bytes(tokens);
    struct = memory.struct(new sae4j_effect()).kl(kl).ce(ce).top1(top1);
  }

  sae4j_effect struct() {
    return struct;
  }

  double kl(int token) {
    return kl.get(token);
  }

  double ce(int token) {
    return ce.get(token);
  }

  boolean sameTop(int token) {
    return top1.get(token) != 0;
  }
}
