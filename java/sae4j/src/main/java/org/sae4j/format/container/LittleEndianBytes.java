package org.sae4j.format.container;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** A growing run of bytes with the numbers and strings of GGUF. */
final class LittleEndianBytes {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  void putByte(int value) {
    bytes.write(value);
  }

  void putInt(int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      bytes.write(value >>> shift);
    }
  }

  void putLong(long value) {
    putInt((int) value);
    putInt((int) (value >>> Integer.SIZE));
  }

  /** Appends the length in bytes, then the text in UTF-8. */
  void putString(String text) {
    ByteBuffer encoded = utf8(text);
    putLong(encoded.remaining());
    bytes.write(encoded.array(), encoded.arrayOffset(), encoded.remaining());
  }

  void putAll(LittleEndianBytes other) {
    bytes.writeBytes(other.toByteArray());
  }

  int size() {
    return bytes.size();
  }

  byte[] toByteArray() {
    return bytes.toByteArray();
  }

  private static ByteBuffer utf8(String text) {
    try {
      // A fresh encoder reports lone surrogates, where String.getBytes would write "?".
      return StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("not Unicode text: " + text, e);
    }
  }
}
