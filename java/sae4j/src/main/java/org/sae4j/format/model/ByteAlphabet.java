package org.sae4j.format.model;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * The 256 letters in which GPT-2's vocabulary writes bytes.
 *
 * <p>Bytes that are printable in Latin-1 stand for themselves; the other 68 were given the letters
 * from U+0100 on, in their order.
 */
public final class ByteAlphabet {
  private static final int FIRST_OTHER = 0x100;
  private static final int OTHERS = 68;
  private static final byte[] BYTES = bytes();

  private ByteAlphabet() {}

  private static byte[] bytes() {
    byte[] bytes = new byte[FIRST_OTHER + OTHERS];
    int other = FIRST_OTHER;
    for (int value = 0; value < 256; value++) {
      bytes[isPrintable(value) ? value : other++] = (byte) value;
    }
    return bytes;
  }

  private static boolean isPrintable(int value) {
    return (value >= '!' && value <= '~') || (value >= 0xa1 && value <= 0xac) || value >= 0xae;
  }

  /** Tells whether a letter is one of the 256. */
  static boolean standsForByte(int letter) {
    return letter < FIRST_OTHER
        ? letter >= 0 && isPrintable(letter)
        : letter < FIRST_OTHER + OTHERS;
  }

  /** Tells whether a vocabulary has a token for every byte. */
  static boolean isWhole(Set<String> tokens) {
    for (int letter = 0; letter < BYTES.length; letter++) {
      if (standsForByte(letter) && !tokens.contains(Character.toString(letter))) {
        return false;
      }
    }
    return true;
  }

  /** Returns the bytes that a token's letters stand for; those of other letters are UTF-8. */
  public static byte[] decode(String token) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(token.length());
    token
        .codePoints()
        .forEach(
            letter -> {
              if (standsForByte(letter)) {
                bytes.write(BYTES[letter]);
              } else {
                bytes.writeBytes(Character.toString(letter).getBytes(StandardCharsets.UTF_8));
              }
            });
    return bytes.toByteArray();
  }
}
