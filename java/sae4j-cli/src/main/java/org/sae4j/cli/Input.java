package org.sae4j.cli;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.sae4j.FormatException;
import org.sae4j.Sequences;

/**
 * The tokens that a command runs on.
 *
 * @param file where they come from
 * @param all all sequences of the file
 * @param maxTokens how many tokens of them to use at most
 * @param context the length of the sequences that a text was split into; empty for token ids
 * @param bos whether each sequence was given a BOS token
 */
record Input(
    Path file, Sequences all, Optional<Integer> maxTokens, OptionalInt context, boolean bos) {

  /** The sequences to run, the last of which may be shorter than the others. */
  Sequences sequences() {
    return maxTokens.map(all::first).orElse(all);
  }

  /**
   * The sequences to run where all have to have one length.
   *
   * <p>A last one that is short because the text ended there, or because no more tokens were asked
   * for, is left out.
   *
   * @param notes where that is said
   * @throws FormatException if the file itself holds sequences of different lengths
   */
  Sequences equallyLong(PrintWriter notes) throws IOException {
    if (context.isEmpty()) {
      requireEqual();
    }
    Sequences sequences = sequences();
    int last = sequences.count() - 1;
    int left = sequences.length(last);
    if (left == sequences.length(0)) {
      return sequences;
    }
    notes.printf(
        "note: the last %d tokens are left out; they do not fill a sequence of %d%n",
        left, sequences.length(0));
    return sequences.first(sequences.tokens() - left);
  }

  private void requireEqual() throws FormatException {
    for (int s = 1; s < all.count(); s++) {
      if (all.length(s) != all.length(0)) {
        throw FormatException.of(
            file,
            "one tensor needs sequences of one length; sequence 0 has %d tokens, sequence %d has %d"
                .formatted(all.length(0), s, all.length(s)));
      }
    }
  }

  /** Says in a few words what is run. */
  String description() {
    Sequences used = sequences();
    String how =
        context.isPresent()
            ? "in sequences of %d, %s".formatted(context.getAsInt(), bos ? "BOS first" : "no BOS")
            : "in %d sequences, as given".formatted(used.count());
    return String.format(Locale.ROOT, "%s: %,d tokens %s", file, used.tokens(), how);
  }

  /** Writes down how the file became tokens. */
  void describe(JsonDocument document) {
    document
        .option("context", context.stream().boxed().findAny())
        .option("bos", bos)
        .option("max_tokens", maxTokens);
  }

  /** Says which file it is, and what of it was run. */
  JsonObject file(Sequences run) throws IOException {
    JsonObject shape = new JsonObject();
    shape.addProperty("sequences", run.count());
    shape.addProperty("tokens", run.tokens());
    return InputFile.of(context.isPresent() ? "text" : "tokens", file, shape);
  }
}
