package org.sae4j;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** UTF-8 as the Unicode standard defines it (table 3-7, well-formed byte sequences). */
public final class Utf8 {
  private static final byte[] REPLACEMENT = {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD};

  private Utf8() {}

  /**
   * Replaces what is not UTF-8 by U+FFFD, once for each longest start of a character, as Python's
   * {@code errors="replace"} does. Java's own decoder counts encoded surrogates differently.
   */
  public static byte[] replaceInvalid(byte[] bytes) {
    ByteArrayOutputStream sound = new ByteArrayOutputStream(bytes.length);
    for (int from = 0, to; from < bytes.length; from = to) {
      to = end(bytes, from);
      if (isWhole(bytes, from, to)) {
        sound.write(bytes, from, to - from);
      } else {
        sound.writeBytes(REPLACEMENT);
      }
    }
    return sound.toByteArray();
  }

  /** Decodes for people: what is not UTF-8 byte by byte, {@code <e2>}. */
  public static String showInvalid(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (int from = 0, to; from < bytes.length; from = to) {
      to = end(bytes, from);
      if (isWhole(bytes, from, to)) {
        text.append(decode(bytes, from, to));
      } else {
        for (int i = from; i < to; i++) {
          text.append(String.format("<%02x>", bytes[i]));
        }
      }
    }
    return text.toString();
  }

  public static String decode(byte[] bytes, int from, int to) {
    byte[] sound = replaceInvalid(Arrays.copyOfRange(bytes, from, to));
    return new String(sound, StandardCharsets.UTF_8);
  }

  /** The start of the character that goes on at an index; the index itself if none does. */
  public static int startOfCharacter(byte[] bytes, int at) {
    for (int from = at - 1; from >= Math.max(0, at - 3); from--) {
      int end = end(bytes, from);
      if (at < from + lengthByLead(bytes[from] & 0xFF)) {
        return end > at || (end == at && at == bytes.length) ? from : at;
      }
    }
    return at;
  }

  /** The end of the character that goes on at an index; the index itself if none does. */
  public static int endOfCharacter(byte[] bytes, int at) {
    int from = startOfCharacter(bytes, at);
    return from == at ? at : end(bytes, from);
  }

  /** The index behind those bytes at the beginning that can only be the rest of a character. */
  public static int afterRest(byte[] bytes) {
    int at = 0;
    while (at < Math.min(3, bytes.length) && (bytes[at] & 0xC0) == 0x80) {
      at++;
    }
    return at;
  }

  /** The end of the character, or of the start of one, at an index; at least one byte on. */
  private static int end(byte[] bytes, int from) {
    int length = lengthByLead(bytes[from] & 0xFF);
    int to = from + 1;
    while (to < bytes.length && to < from + length && continues(bytes, from, to)) {
      to++;
    }
    return to;
  }

  private static boolean isWhole(byte[] bytes, int from, int to) {
    return to - from == lengthByLead(bytes[from] & 0xFF);
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
