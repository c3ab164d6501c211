package org.sae4j;

import static org.sae4j.engine.global.sae4j.sae4j_detokenize;
import static org.sae4j.engine.global.sae4j.sae4j_tokenize;

import java.util.Arrays;
import java.util.OptionalInt;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.sae4j.engine.sae4j_model;
import org.sae4j.memory.CallMemory;
import org.sae4j.memory.HandleScope;
import org.sae4j.memory.NativeHandle;

/** The vocabulary of a GGUF file, which the engine holds with its model. */
final class EngineVocabulary implements Vocabulary {
  private final NativeHandle<sae4j_model> model;
  private final int size;
  private final OptionalInt bos;
  private final OptionalInt eos;

  EngineVocabulary(NativeHandle<sae4j_model> model, int size, OptionalInt bos, OptionalInt eos) {
    this.model = model;
    this.size = size;
    this.bos = bos;
    this.eos = eos;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public OptionalInt bos() {
    return bos;
  }

  @Override
  public OptionalInt eos() {
    return eos;
  }

  @Override
  public int[] encode(byte[] utf8, SpecialTokens special) {
    try (HandleScope scope = new HandleScope();
        CallMemory memory = new CallMemory()) {
      sae4j_model entered = scope.enter(model);
      BytePointer chars = memory.keep(new BytePointer(utf8));
      SizeTPointer count = memory.keep(new SizeTPointer(1));
      // No token is shorter than a byte, so there is always room.
      IntPointer tokens = memory.keep(new IntPointer(utf8.length));
      int parsed = special == SpecialTokens.PARSED ? 1 : 0;
      Engine.check(sae4j_tokenize(entered, chars, utf8.length, parsed, tokens, utf8.length, count));
      int[] ids = new int[Math.toIntExact(count.get())];
      tokens.get(ids);
      return ids;
    }
  }

  @Override
  public byte[] decode(int... tokens) {
    try (HandleScope scope = new HandleScope();
        CallMemory memory = new CallMemory()) {
      sae4j_model entered = scope.enter(model);
      IntPointer ids = memory.ints(tokens);
      SizeTPointer count = memory.keep(new SizeTPointer(1));
      byte[] bytes = decode(entered, ids, tokens.length, 8L * tokens.length, count, memory);
      if (count.get() > bytes.length) {
        bytes = decode(entered, ids, tokens.length, count.get(), count, memory);
      }
      return Arrays.copyOf(bytes, Math.toIntExact(count.get()));
    }
  }

  private static byte[] decode(
      sae4j_model model,
      IntPointer ids,
      int length,
      long capacity,
      SizeTPointer count,
      CallMemory memory) {
    BytePointer text = memory.keep(new BytePointer(capacity));
    Engine.check(sae4j_detokenize(model, ids, length, text, capacity, count));
    byte[] bytes = new byte[Math.toIntExact(Math.min(capacity, count.get()))];
    text.get(bytes);
    return bytes;
  }

  /** The engine does not say which tokens it looks for. */
  @Override
  public boolean touchesToken(CharSequence text, int at) {
    return false;
  }

  @Override
  public int longestToken() {
    return 0;
  }

  /** The vocabulary is freed with the model. */
  @Override
  public void close() {}
}
