package org.sae4j.corpus;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/** What stands in a file beside its token ids, a number for each, and is not read. */
final class OtherColumns {
  /** What tokenizers tell of ids that changes nothing about them. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of("special_tokens_mask", "offset_mapping", "overflow_to_sample_mapping", "length");

  private OtherColumns() {}

  /**
   * Says what is not read and may have been meant to be.
   *
   * @param read the columns that are
   * @param lists all columns that have a list of numbers in each row
   */
  static void note(Path file, Set<String> read, Collection<String> lists, Notes notes) {
    Set<String> others = new TreeSet<>(lists);
    others.removeAll(read);
    others.removeAll(WITHOUT_EFFECT);
    if (!others.isEmpty()) {
      notes.say(
          file,
          "not read: " + String.join(", ", others) + "; every id counts, at its place in its row");
    }
  }
}
