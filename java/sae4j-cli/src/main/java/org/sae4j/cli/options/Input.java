package org.sae4j.cli.options;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.sae4j.cli.files.EqualSequences;
import org.sae4j.cli.terminal.Checksums;
import org.sae4j.cli.terminal.Figures;
import org.sae4j.corpus.CorpusFiles;
import org.sae4j.results.InputFile;
import org.sae4j.results.JsonDocument;
import org.sae4j.tokens.Corpus;

/** The tokens that a command runs on. */
public final class Input {
  private static final int MOST_NAMES = 5;

  private final String kind;
  private final Source source;
  private final Corpus all;
  private final Optional<Integer> maxTokens;
  private final OptionalInt context;
  private final boolean bos;
  private final List<JsonObject> described = new ArrayList<>();

  /**
   * Which files, and where in them.
   *
   * @param textKey the key of JSON lines, if named
   * @param column the column of a Parquet file, if named
   */
  public record Source(CorpusFiles files, Optional<String> textKey, Optional<String> column) {}

  private Input(
      String kind,
      Source source,
      Corpus all,
      Optional<Integer> maxTokens,
      OptionalInt context,
      boolean bos) {
    this.kind = kind;
    this.source = source;
    this.all = all;
    this.maxTokens = maxTokens;
    this.context = context;
    this.bos = bos;
  }

  /**
   * Takes text.
   *
   * @param all what the files hold
   * @param maxTokens how many tokens of it to use at most
   * @param context the length of the sequences that it is split into
   * @param bos whether each of them begins with a BOS token
   */
  public static Input ofText(
      Source source, Corpus all, Optional<Integer> maxTokens, int context, boolean bos) {
    return new Input("text", source, all, maxTokens, OptionalInt.of(context), bos);
  }

  /**
   * Takes token ids.
   *
   * @param all what the files hold
   * @param maxTokens how many tokens of it to use at most
   * @param context the length of sequences that are not given as such, if there may be any
   */
  public static Input ofTokens(
      Source source, Corpus all, Optional<Integer> maxTokens, Optional<Integer> context) {
    OptionalInt length = context.isPresent() ? OptionalInt.of(context.get()) : OptionalInt.empty();
    return new Input("tokens", source, all, maxTokens, length, false);
  }

  /** The sequences to run, read as they are needed; the last may be shorter than the others. */
  public Corpus corpus() {
    return maxTokens.isPresent() ? all.first(maxTokens.get()) : all;
  }

  /**
   * The sequences to run where all have to have one length.
   *
   * <p>A last one that is short because the text ended there, or because no more tokens were asked
   * for, is left out.
   *
   * @param notes where that is said
   * @throws org.sae4j.format.FormatException if the file itself holds sequences of different
   *     lengths
   */
  public EqualSequences equallyLong(PrintWriter notes) throws IOException {
    EqualSequences equal =
        EqualSequences.of(
            all,
            maxTokens.map(Integer::longValue).orElse(Long.MAX_VALUE),
            context.isPresent(),
            source.files().paths().get(0));
    if (equal.left() > 0) {
      notes.printf(
          "note: the last %d tokens are left out; they do not fill a sequence of %d%n",
          equal.left(), equal.length());
    }
    return equal;
  }

  /** Says in a few words what is run. */
  public String description(long sequences, long tokens) {
    String how =
        kind.equals("text")
            ? "in sequences of %d, %s".formatted(context.getAsInt(), bos ? "BOS first" : "no BOS")
            : "in %s, as given".formatted(Figures.count(sequences, "sequence"));
    return String.format(Locale.ROOT, "%s: %s %s", names(), Figures.count(tokens, "token"), how);
  }

  private String names() {
    List<Path> files = source.files().paths();
    int more = files.size() - MOST_NAMES;
    String names =
        files.stream().limit(MOST_NAMES).map(Path::toString).collect(Collectors.joining(", "));
    return more > 0 ? names + " and " + Figures.count(more, "more file") : names;
  }

  /** Writes down how the files became tokens. */
  public void describe(JsonDocument document) {
    document
        .option("context", context.stream().boxed().findAny())
        .option("bos", bos)
        .option("max_tokens", maxTokens)
        .option("text_key", source.textKey())
        .option("column", source.column());
  }

  /** Says of each file which it is. */
  public List<JsonObject> files() throws IOException {
    if (described.isEmpty()) {
      source.files().requireUnchanged();
      for (Path file : source.files().paths()) {
        described.add(Checksums.shown(p -> InputFile.of(kind, file, new JsonObject(), p)));
      }
      source.files().requireUnchanged();
    }
    return described.stream().map(JsonObject::deepCopy).toList();
  }

  /** Says of each file which it is, and what of all of them was run. */
  public List<JsonObject> files(long sequences, long tokens) throws IOException {
    List<JsonObject> run = files();
    for (JsonObject file : run) {
      JsonObject shape = file.getAsJsonObject("shape");
      shape.addProperty("sequences", sequences);
      shape.addProperty("tokens", tokens);
    }
    return run;
  }
}
