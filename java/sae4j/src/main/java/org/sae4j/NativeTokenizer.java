package org.sae4j;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.util.Arrays;
import org.bytedeco.javacpp.Pointer;
import org.sae4j.format.model.LibraryTokenizer;
import org.sae4j.memory.HandleScope;
import org.sae4j.memory.NativeHandle;

/**
 * A tokenizer of Hugging Face's library.
 *
 * <p>The library ends the process where memory runs out. So each call first asks for as much as the
 * library may take, and gives it back.
 */
final class NativeTokenizer implements AutoCloseable {
  private static final TokenizersLibrary LIBRARY = TokenizersLibrary.LIB;

  /** What the library may take for a byte, twice as much as was measured. */
  private static final long FOR_A_BYTE_OF_TEXT = 300;

  private static final long FOR_A_BYTE_OF_JSON = 40;
  private static final long MOST_BYTES_A_CHAR = 3;

  private final NativeHandle<Long> handle;
  private final int[] ids;

  NativeTokenizer(LibraryTokenizer tokenizer) {
    HuggingFaceLibrary.load();
    requireMemory(FOR_A_BYTE_OF_JSON * tokenizer.json().length());
    this.handle =
        new NativeHandle<>(
            "tokenizer",
            NativeHandle.Sharing.SHARED,
            LIBRARY.createTokenizerFromString(tokenizer.json()),
            LIBRARY::deleteTokenizer);
    this.ids = tokenizer.ids();
  }

  /** Encodes text of at most some million characters without unpaired surrogates. */
  int[] encode(String text) {
    try (HandleScope scope = new HandleScope()) {
      long tokenizer = scope.enter(handle);
      requireMemory(FOR_A_BYTE_OF_TEXT * MOST_BYTES_A_CHAR * text.length());
      long encoding = LIBRARY.encode(tokenizer, text, false);
      try {
        return Arrays.stream(LIBRARY.getTokenIds(encoding)).mapToInt(id -> ids[(int) id]).toArray();
      } finally {
        LIBRARY.deleteEncoding(encoding);
      }
    }
  }

  private static void requireMemory(long bytes) {
    Pointer memory = Pointer.malloc(bytes);
    if (memory == null || memory.isNull()) {
      throw new OutOfMemoryError("the tokenizers library may need " + bytes + " bytes");
    }
    Pointer.free(memory);
  }

  @Override
  public void close() {
    handle.close();
  }
}
