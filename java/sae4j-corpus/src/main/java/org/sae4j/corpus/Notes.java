package org.sae4j.corpus;

import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** What a user should know of a corpus although it is read; each thing is said once. */
final class Notes {
  private final Consumer<String> listener;
  private final Set<String> said = ConcurrentHashMap.newKeySet();

  Notes(Consumer<String> listener) {
    this.listener = listener;
  }

  /** Says something of a file, unless it was said before of this or another one. */
  void say(Path file, String note) {
    say(file, "", note);
  }

  /**
   * The same of one place in the file.
   *
   * @param where the first place of which it is true
   */
  void say(Path file, String where, String note) {
    if (said.add(note)) {
      listener.accept(file + ": " + where + (where.isEmpty() ? "" : ": ") + note);
    }
  }
}
