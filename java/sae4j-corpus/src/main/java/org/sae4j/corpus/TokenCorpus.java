package org.sae4j.corpus;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.sae4j.arch.ModelShape;
import org.sae4j.format.FormatException;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.JsonSequences;

/**
 * Token ids in files, run as they are given.
 *
 * <p>A file is one of these, told apart by its first bytes:
 *
 * <ul>
 *   <li>JSON, perhaps compressed with gzip or zstd: {@code [[id, …], …]}; or a line for each
 *       sequence, {@code [id, …]} or an object in which a key has that; or an array of such
 *       objects; or one object, of which a key has one sequence or several;
 *   <li>a NumPy array of whole numbers: of two dimensions, each row a sequence, or of one, cut into
 *       sequences; perhaps compressed with gzip or zstd, or in an {@code .npz} archive, the only
 *       array or one of a name;
 *   <li>Parquet, of which a column has a list of ids in each row, each a sequence.
 * </ul>
 *
 * <p>Where there is an {@code attention_mask} beside the ids, what it leaves out at the begin and
 * the end of a sequence is cut off.
 *
 * <p>Nothing is put before a sequence. Ids that the model lacks, and sequences longer than its
 * context, are refused where they are read.
 */
public final class TokenCorpus implements Corpus {
  /** The column of a Parquet file, and so on, that is read unless another is named. */
  public static final String DEFAULT_COLUMN = "input_ids";

  private final CorpusFiles files;
  private final ModelShape shape;
  private final OptionalInt context;
  private final String column;
  private final Notes notes;

  private TokenCorpus(
      CorpusFiles files, ModelShape shape, OptionalInt context, String column, Notes notes) {
    this.files = files;
    this.shape = shape;
    this.context = context;
    this.column = column;
    this.notes = notes;
  }

  /**
   * Takes files, which are opened when the corpus is.
   *
   * @param shape of the model that is to run them
   */
  public static TokenCorpus of(List<Path> files, ModelShape shape) {
    return of(CorpusFiles.of(files), shape);
  }

  /** The same of files that were looked for. */
  public static TokenCorpus of(CorpusFiles files, ModelShape shape) {
    Notes silent = new Notes(note -> {});
    return new TokenCorpus(files, shape, OptionalInt.empty(), DEFAULT_COLUMN, silent);
  }

  /**
   * Says how long the sequences are that an array of one dimension is cut into.
   *
   * @param length at least 2
   */
  public TokenCorpus withContext(int length) {
    if (length < 2) {
      throw new IllegalArgumentException("context must be at least 2, not " + length);
    }
    return new TokenCorpus(files, shape, OptionalInt.of(length), column, notes);
  }

  /**
   * Names the column of a Parquet file, the key of JSON or the array of an archive with the ids.
   */
  public TokenCorpus withColumn(String name) {
    return new TokenCorpus(files, shape, context, name, notes);
  }

  /**
   * Tells somebody what a user should know of the files although they are read.
   *
   * @param listener gets each note once, on the thread that reads
   */
  public TokenCorpus onNote(Consumer<String> listener) {
    return new TokenCorpus(files, shape, context, column, new Notes(listener));
  }

  /** Tells whether a file is an array of one dimension, for which alone there is a context. */
  public boolean isCut() throws IOException {
    for (Path file : files.paths()) {
      if (isArray(file)) {
        try (NpyNumbers ids = NpyNumbers.ids(file, column)) {
          if (ids.shape().size() == 1) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static boolean isArray(Path file) throws IOException {
    return !SourceFile.isParquet(file) && (SourceFile.isZip(file) || SourceFile.isNumPy(file));
  }

  @Override
  public OptionalLong knownTokens() {
    return OptionalLong.empty();
  }

  @Override
  public Reading open() throws IOException {
    return new SequencesInTurn(
        new FilesInTurn<>(files, file -> new CheckedSequences(file, sequences(file), shape)));
  }

  private Reading sequences(Path file) throws IOException {
    if (SourceFile.isParquet(file)) {
      return ParquetSequences.open(file, column, shape.context(), notes);
    }
    return isArray(file) ? array(file) : json(file);
  }

  private Reading json(Path file) throws IOException {
    try (Reader text = text(file)) {
      if (!JsonValues.beginning(text).equals("[[")) {
        return JsonRows.open(file, column, notes);
      }
    }
    return new JsonSequences(file, text(file));
  }

  private static Reader text(Path file) throws IOException {
    return new Utf8Reader(file, SourceFile.open(file));
  }

  private Reading array(Path file) throws IOException {
    NpyNumbers ids = NpyNumbers.ids(file, column);
    try {
      Optional<String> mask = mask(file);
      if (ids.shape().size() == 2) {
        Optional<NpyNumbers> ones =
            mask.isPresent() ? Optional.of(NpyNumbers.mask(file, mask.get())) : Optional.empty();
        return NpySequences.of(file, ids, ones, shape.context());
      }
      if (mask.isPresent()) {
        throw FormatException.mismatch(
            file, "ids with an attention mask", "shape [sequences, length]", ids.shape());
      }
      return cut(file, ids);
    } catch (IOException | RuntimeException e) {
      ids.close();
      throw e;
    }
  }

  /** The name of the mask that an archive has beside the ids. */
  private Optional<String> mask(Path file) throws IOException {
    if (!SourceFile.isZip(file)) {
      return Optional.empty();
    }
    List<String> names = ZippedArrays.read(file).names();
    String mask = AttentionMask.nameBeside(column);
    if (names.size() > 1) {
      OtherColumns.note(file, Set.of(column, mask), names, notes);
    }
    return names.size() > 1 && names.contains(mask) ? Optional.of(mask) : Optional.empty();
  }

  private Reading cut(Path file, NpyNumbers ids) throws FormatException {
    int length =
        context.orElseThrow(
            () ->
                FormatException.of(
                    file, "an array of one dimension needs a context to be cut into sequences of"));
    return new CutSequences(file, new NpyStream(file, ids), length, OptionalInt.empty());
  }
}
