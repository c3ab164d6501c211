package org.sae4j;

import java.io.ByteArrayOutputStream;

/** UTF-8 as the Unicode standard defines it (table 3-7, well-formed byte sequences). */
final class Utf8 {
  private static final byte[] REPLACEMENT = {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD};

  private Utf8() {}

  /**
   * Replaces what is not UTF-8 by U+FFFD, once for each longest start of a character, as Python's
   * {@code errors="replace"} does. Java's own decoder counts encoded surrogates differently.
   */
  static byte[] replaceInvalid(byte[] bytes) {
    ByteArrayOutputStream sound = new ByteArrayOutputStream(bytes.length);
    for (int from = 0, to; from < bytes.length; from = to) {
      int length = lengthByLead(bytes[from] & 0xFF);
      to = from + 1;
      while (to < bytes.length && to < from + length && continues(bytes, from, to)) {
        to++;
      }
      if (to == from + length) {
        sound.write(bytes, from, length);
      } else {
        sound.writeBytes(REPLACEMENT);
      }
    }
    return sound.toByteArray();
  }

  /** The length of a character that begins with this byte; 0 if none does. */
  private static int lengthByLead(int lead) {
    if (lead < 0x80) {
      return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
      return 0;
    }
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  }

  private static boolean continues(byte[] bytes, int from, int at) {
    int value = bytes[at] & 0xFF;
    if (at > from + 1) {
      return value >= 0x80 && value <= 0xBF;
    }
    return switch (bytes[from] & 0xFF) {
      case 0xE0 -> value >= 0xA0 && value <= 0xBF;
      case 0xED -> value >= 0x80 && value <= 0x9F;
      case 0xF0 -> value >= 0x90 && value <= 0xBF;
      case 0xF4 -> value >= 0x80 && value <= 0x8F;
      default -> value >= 0x80 && value <= 0xBF;
    };
  }
}
