package org.sae4j;

import java.util.function.Consumer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.sae4j.engine.sae4j_variant;
import org.sae4j.engine.sae4j_variant_fn;
import org.sae4j.engine.sae4j_variants;

/** The listener of one run of variants, and the way from the engine to it and back. */
final class VariantCalls implements AutoCloseable {
  private static final CallKeys<VariantCalls> PENDING = new CallKeys<>();
  // Retained, so that no PointerScope of a caller's frees it.
  private static final Entry ENTRY = new Entry().retainReference();

  private final GuardedCalls guarded = new GuardedCalls();
  private final Variants variants;
  private final int vocabulary;
  private final Consumer<VariantEffect> listener;
  private final Pointer key = PENDING.add(this);

  VariantCalls(Variants variants, int vocabulary, Consumer<VariantEffect> listener) {
    this.variants = variants;
    this.vocabulary = vocabulary;
    this.listener = listener;
  }

  /** The one function that the engine calls. */
  private static final class Entry extends sae4j_variant_fn {
    @Override
    public int call(Pointer key, long index, sae4j_variant variant) {
      return PENDING.find(key).map(run -> run.call(index, variant)).orElse(GuardedCalls.STOP);
    }
  }

  void writeTo(sae4j_variants struct) {
    struct.seen(ENTRY).user_data(key);
  }

  private int call(long index, sae4j_variant variant) {
    return guarded.run(() -> listener.accept(copy((int) index, variant)));
  }

  private VariantEffect copy(int index, sae4j_variant variant) {
    return new VariantEffect(
        index,
        variant.sparsity(),
        variant.row_sparsity(),
        variant.sparsity() * vocabulary * variants.future(),
        variant.kl(),
        variant.delta_ce(),
        rows(variant.row_sparsities()),
        rows(variant.row_kl()),
        rows(variant.row_delta_ce()),
        tokens(variant.top_up()),
        tokens(variant.top_down()),
        logits(variant));
  }

  private double[] rows(DoublePointer source) {
    double[] copy = new double[variants.future()];
    source.get(copy);
    return copy;
  }

  private int[] tokens(IntPointer source) {
    int[] copy = new int[variants.topTokens()];
    if (copy.length > 0) {
      source.get(copy);
    }
    return copy;
  }

  private float[] logits(sae4j_variant variant) {
    if (!variants.logits()) {
      return new float[0];
    }
    float[] copy = Floats.of(variants.future(), vocabulary, "logits of a variant");
    variant.logits().get(copy);
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
