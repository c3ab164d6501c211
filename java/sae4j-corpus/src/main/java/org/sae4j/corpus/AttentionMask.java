package org.sae4j.corpus;

import java.nio.file.Path;
import java.util.Arrays;
import org.sae4j.format.FormatException;

/**
 * Which ids of a row are its text, with a 1 for each, and which only fill it up, with a 0.
 *
 * <p>What fills a row up, on either side, is cut off: the text is then run as it is by itself.
 */
final class AttentionMask {
  private static final String IDS = "input_ids";
  private static final String MASK = "attention_mask";

  private AttentionMask() {}

  /** The name of the mask that belongs to ids of a name, as tokenizers write them. */
  static String nameBeside(String ids) {
    return ids.contains(IDS) ? ids.replace(IDS, MASK) : MASK;
  }

  /**
   * Cuts off what only fills a row up.
   *
   * @param where the row, for messages
   * @throws FormatException if the mask is none of this row, leaves nothing, or more than one piece
   */
  static int[] cut(Path file, String where, int[] ids, long[] mask) throws FormatException {
    String what = where + ": its attention mask";
    if (mask.length != ids.length) {
      throw FormatException.mismatch(
          file, what, "one number for each of the " + ids.length + " ids", mask.length);
    }
    int from = 0;
    int to = 0;
    for (int i = 0; i < mask.length; i++) {
      if (mask[i] != 0 && mask[i] != 1) {
        throw FormatException.mismatch(file, what, "0 or 1 at position " + i, mask[i]);
      }
      if (mask[i] == 1) {
        if (to > 0 && to < i) {
          throw FormatException.mismatch(
              file, what, "ones without zeros between them", "a zero at position " + to);
        }
        from = to == 0 ? i : from;
        to = i + 1;
      }
    }
    if (to == 0 && ids.length > 0) {
      throw FormatException.mismatch(file, what, "a one at least", "zeros only");
    }
    return Arrays.copyOfRange(ids, from, to);
  }
}
