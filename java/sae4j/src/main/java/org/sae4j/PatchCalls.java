package org.sae4j;

import java.util.function.Consumer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.sae4j.engine.sae4j_patch_effect;
import org.sae4j.engine.sae4j_patch_fn;
import org.sae4j.engine.sae4j_patches;
import org.sae4j.memory.CallKeys;
import org.sae4j.memory.Floats;
import org.sae4j.memory.GuardedCalls;

/** The listener of one run of patches, and the way from the engine to it and back. */
final class PatchCalls implements AutoCloseable {
  private static final CallKeys<PatchCalls> PENDING = new CallKeys<>();
  // Retained, so that no PointerScope of a caller's frees it.
  private static final Entry ENTRY = new Entry().retainReference();

  private final GuardedCalls guarded = new GuardedCalls();
  private final Patches patches;
  private final int vocabulary;
  private final Consumer<PatchEffect> listener;
  private final Pointer key = PENDING.add(this);

  PatchCalls(Patches patches, int vocabulary, Consumer<PatchEffect> listener) {
    this.patches = patches;
    this.vocabulary = vocabulary;
    this.listener = listener;
  }

  /** The one function that the engine calls. */
  private static final class Entry extends sae4j_patch_fn {
    @Override
    public int call(Pointer key, long index, sae4j_patch_effect effect) {
      return PENDING.find(key).map(run -> run.call(index, effect)).orElse(GuardedCalls.STOP);
    }
  }

  void writeTo(sae4j_patches struct) {
    struct.seen(ENTRY).user_data(key);
  }

  private int call(long index, sae4j_patch_effect effect) {
    return guarded.run(() -> listener.accept(copy((int) index, effect)));
  }

  private PatchEffect copy(int index, sae4j_patch_effect effect) {
    return new PatchEffect(
        index,
        effect.sparsity(),
        effect.row_sparsity(),
        effect.sparsity() * vocabulary * patches.future(),
        effect.kl(),
        effect.delta_ce(),
        rows(effect.row_sparsities()),
        rows(effect.row_kl()),
        rows(effect.row_delta_ce()),
        tokens(effect.top_up()),
        tokens(effect.top_down()),
        logits(effect));
  }

  private double[] rows(DoublePointer source) {
    double[] copy = new double[patches.future()];
    source.get(copy);
    return copy;
  }

  private int[] tokens(IntPointer source) {
    int[] copy = new int[patches.topTokens()];
    if (copy.length > 0) {
      source.get(copy);
    }
    return copy;
  }

  private float[] logits(sae4j_patch_effect effect) {
    if (!patches.logits()) {
      return new float[0];
    }
    float[] copy = Floats.of(patches.future(), vocabulary, "logits of a patch");
    effect.logits().get(copy);
    return copy;
  }

  /** Throws what the listener threw, the same object, if it did. */
  void rethrow() {
    guarded.rethrow();
  }

  @Override
  public void close() {
    PENDING.remove(key);
  }
}
