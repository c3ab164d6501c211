package org.sae4j;

import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;
import org.sae4j.arch.HookPoint;
import org.sae4j.engine.sae4j_batch;
import org.sae4j.memory.CallMemory;
import org.sae4j.tokens.Sequences;

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

  /** The name of a point, with a zero byte behind it. */
  static BytePointer point(HookPoint point, CallMemory memory) {
    return memory.bytes((point.name() + '\0').getBytes(StandardCharsets.UTF_8));
  }
}
