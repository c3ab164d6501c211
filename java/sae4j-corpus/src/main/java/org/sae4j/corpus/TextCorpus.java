package org.sae4j.corpus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.sae4j.SpecialTokens;
import org.sae4j.TextTokens;
import org.sae4j.Tokenizer;
import org.sae4j.tokens.Corpus;

/**
 * Text in files, made into tokens and cut into sequences of one length.
 *
 * <p>A file is one of these:
 *
 * <ul>
 *   <li>Parquet, by its first bytes: each row has a document in one column;
 *   <li>JSON, by a name that ends in {@code .jsonl}, {@code .ndjson} or {@code .json}, before
 *       {@code .gz} or {@code .zst} if that follows, or if a key was named: one object per line, an
 *       array of objects, or one object, each with a document in one key;
 *   <li>UTF-8 text, everything else: one document.
 * </ul>
 *
 * <p>The last two may be compressed with gzip or zstd. A document that is null is passed over.
 *
 * <p>Documents are joined by the tokenizer's end-of-sequence token, and what results is cut into
 * sequences as {@link org.sae4j.tokens.Sequences#split} does: as GPT-2 was trained, and as
 * TransformerLens and SAELens do, so that no sequence is short but the last. Documents without a
 * token are passed over. What spells a special token becomes that token. The tokens are those of
 * each whole document, however large it is, unless more than 250,000 characters pass without a
 * place where a word certainly ends.
 */
public final class TextCorpus implements Corpus {
  /** The key of JSON lines, and the column of a Parquet file, unless another is named. */
  public static final String DEFAULT_KEY = "text";

  private static final Pattern JSON =
      Pattern.compile("(?i).*\\.(jsonl|ndjson|json)(\\.(gz|zst|zstd))?");

  private final CorpusFiles files;
  private final Tokenizer tokenizer;
  private final int context;
  private final OptionalInt bos;
  private final Optional<String> key;
  private final String column;
  private final Notes notes;

  private TextCorpus(
      CorpusFiles files,
      Tokenizer tokenizer,
      int context,
      OptionalInt bos,
      Optional<String> key,
      String column,
      Notes notes) {
    this.files = files;
    this.tokenizer = tokenizer;
    this.context = context;
    this.bos = bos;
    this.key = key;
    this.column = column;
    this.notes = notes;
    if (context < 2) {
      throw new IllegalArgumentException("context must be at least 2, not " + context);
    }
  }

  /**
   * Takes files, which are opened when the corpus is.
   *
   * @param tokenizer of a model that stays open as long as the corpus is read
   * @param context the length of the sequences, at least 2
   */
  public static TextCorpus of(List<Path> files, Tokenizer tokenizer, int context) {
    return of(CorpusFiles.of(files), tokenizer, context);
  }

  /** The same of files that were looked for. */
  public static TextCorpus of(CorpusFiles files, Tokenizer tokenizer, int context) {
    Notes silent = new Notes(note -> {});
    return new TextCorpus(
        files, tokenizer, context, OptionalInt.empty(), Optional.empty(), DEFAULT_KEY, silent);
  }

  /** Begins each sequence with a token. */
  public TextCorpus withBos(int token) {
    return new TextCorpus(files, tokenizer, context, OptionalInt.of(token), key, column, notes);
  }

  /** Takes every file that is not Parquet for JSON that has the text in this key. */
  public TextCorpus withTextKey(String name) {
    return new TextCorpus(files, tokenizer, context, bos, Optional.of(name), column, notes);
  }

  /** Names the column of a Parquet file that has the text. */
  public TextCorpus withColumn(String name) {
    return new TextCorpus(files, tokenizer, context, bos, key, name, notes);
  }

  /**
   * Tells somebody what a user should know of the files although they are read.
   *
   * @param listener gets each note once, on the thread that reads
   */
  public TextCorpus onNote(Consumer<String> listener) {
    return new TextCorpus(files, tokenizer, context, bos, key, column, new Notes(listener));
  }

  @Override
  public OptionalLong knownTokens() {
    return OptionalLong.empty();
  }

  @Override
  public Reading open() throws IOException {
    JoinedDocuments tokens =
        new JoinedDocuments(
            new FilesInTurn<>(files, this::documents),
            text -> new TextTokens(text, tokenizer, SpecialTokens.PARSED),
            tokenizer.eos());
    return new CutSequences(files.paths().get(0), tokens, context, bos);
  }

  private Documents documents(Path file) throws IOException {
    if (SourceFile.isParquet(file)) {
      return new ParquetTexts(file, ParquetColumn.texts(file, column), notes);
    }
    if (key.isPresent() || JSON.matcher(file.getFileName().toString()).matches()) {
      return JsonTexts.open(file, key.orElse(DEFAULT_KEY), notes);
    }
    Utf8Reader text = new Utf8Reader(file, SourceFile.open(file));
    try {
      if (text.isMarked()) {
        notes.say(
            file,
            "it begins with U+FEFF, the byte order mark, which is kept as text, as Python's utf-8"
                + " does");
      }
      return new WholeText(text);
    } catch (IOException | RuntimeException e) {
      text.close();
      throw e;
    }
  }
}
