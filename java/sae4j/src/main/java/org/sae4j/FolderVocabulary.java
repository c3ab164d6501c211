package org.sae4j;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalInt;
import org.sae4j.engine.sae4j_model;
import org.sae4j.format.model.ByteAlphabet;
import org.sae4j.format.model.HuggingFaceTokenizer;
import org.sae4j.format.model.LibraryTokenizer;
import org.sae4j.memory.HandleScope;
import org.sae4j.memory.NativeHandle;

/** The tokenizer of a Hugging Face folder. Hugging Face's own library encodes. */
final class FolderVocabulary implements Vocabulary {
  private final NativeHandle<sae4j_model> model;
  private final HuggingFaceTokenizer tokenizer;
  private final int longestToken;
  private final Map<SpecialTokens, NativeTokenizer> natives = new EnumMap<>(SpecialTokens.class);

  /** Makes a vocabulary that can be used as long as a model is open. */
  FolderVocabulary(NativeHandle<sae4j_model> model, HuggingFaceTokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.longestToken =
        tokenizer.added().stream().mapToInt(token -> token.text().length()).max().orElse(0);
  }

  @Override
  public int size() {
    return tokenizer.tokens().size();
  }

  @Override
  public OptionalInt bos() {
    return tokenizer.bosId();
  }

  @Override
  public OptionalInt eos() {
    return tokenizer.eosId();
  }

  @Override
  public int[] encode(byte[] utf8, SpecialTokens special) {
    try (HandleScope scope = new HandleScope()) {
      scope.enter(model);
      NativeTokenizer library = library(special);
      String text = new String(utf8, StandardCharsets.UTF_8);
      return TextTokens.all(text, this, library::encode);
    }
  }

  private synchronized NativeTokenizer library(SpecialTokens special) {
    return natives.computeIfAbsent(
        special,
        each -> new NativeTokenizer(LibraryTokenizer.of(tokenizer, each == SpecialTokens.PARSED)));
  }

  @Override
  public byte[] decode(int... tokens) {
    try (HandleScope scope = new HandleScope()) {
      scope.enter(model);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (int token : tokens) {
        bytes.writeBytes(decode(token));
      }
      return bytes.toByteArray();
    }
  }

  private byte[] decode(int token) {
    String text = tokenizer.tokens().get(token);
    return switch (tokenizer.types().get(token)) {
      case NORMAL -> ByteAlphabet.decode(text);
      case CONTROL, USER_DEFINED -> text.getBytes(StandardCharsets.UTF_8);
      case UNUSED -> new byte[0];
    };
  }

  @Override
  public boolean touchesToken(CharSequence text, int at) {
    return tokenizer.added().stream().anyMatch(token -> touches(token.text(), text, at));
  }

  private static boolean touches(String token, CharSequence text, int at) {
    int last = Math.min(at, text.length() - token.length());
    for (int from = Math.max(0, at - token.length()); from <= last; from++) {
      if (CharSequence.compare(token, text.subSequence(from, from + token.length())) == 0) {
        return true;
      }
    }
    return false;
  }

  @Override
  public int longestToken() {
    return longestToken;
  }

  @Override
  public synchronized void close() {
    natives.values().forEach(NativeTokenizer::close);
  }
}
