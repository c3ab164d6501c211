package org.sae4j.corpus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.sae4j.Corpus;
import org.sae4j.FormatException;
import org.sae4j.ModelShape;
import org.sae4j.format.JsonSequences;
import org.sae4j.format.NpyArray;

/**
 * Token ids in files, run as they are given.
 *
 * <p>A file is one of these, told apart by its first bytes:
 *
 * <ul>
 *   <li>JSON, {@code [[id, …], …]}, perhaps compressed with gzip or zstd;
 *   <li>a NumPy array of whole numbers: of two dimensions, each row a sequence, or of one, cut into
 *       sequences; perhaps compressed with gzip or zstd, or the only array of an {@code .npz}
 *       archive;
 *   <li>Parquet, of which a column has a list of ids in each row, each a sequence.
 * </ul>
 *
 * <p>Nothing is put before a sequence. Ids that the model lacks, and sequences longer than its
 * context, are refused where they are read.
 */
public final class TokenCorpus implements Corpus {
  /** The column of a Parquet file that is read unless another is named. */
  public static final String DEFAULT_COLUMN = "input_ids";

  private final List<Path> files;
  private final ModelShape shape;
  private final OptionalInt context;
  private final String column;
  private final Notes notes;

  private TokenCorpus(
      List<Path> files, ModelShape shape, OptionalInt context, String column, Notes notes) {
    this.files = List.copyOf(files);
    this.shape = shape;
    this.context = context;
    this.column = column;
    this.notes = notes;
    if (files.isEmpty()) {
      throw new IllegalArgumentException("a corpus needs a file");
    }
  }

  /**
   * Takes files, which are opened when the corpus is.
   *
   * @param shape of the model that is to run them
   */
  public static TokenCorpus of(List<Path> files, ModelShape shape) {
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

  /** Names the column of a Parquet file that has the ids. */
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
    for (Path file : files) {
      if (isArray(file)) {
        try (NpyIds ids = ids(file)) {
          if (ids.rowLength() == 0) {
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

  private static NpyIds ids(Path file) throws IOException {
    if (!SourceFile.isZip(file) && !SourceFile.isCompressed(file)) {
      NpyArray.read(file); // What is not whole shows at once.
    }
    return NpyIds.of(file, SourceFile.isZip(file) ? ZippedArray.open(file) : SourceFile.open(file));
  }

  @Override
  public OptionalLong knownTokens() {
    return OptionalLong.empty();
  }

  @Override
  public Reading open() throws IOException {
    return new FilesInTurn(files, file -> new CheckedSequences(file, sequences(file), shape));
  }

  private Reading sequences(Path file) throws IOException {
    if (SourceFile.isParquet(file)) {
      return ParquetSequences.open(file, column, shape.context(), notes);
    }
    if (!isArray(file)) {
      return new JsonSequences(file, SourceFile.open(file));
    }
    NpyIds ids = ids(file);
    try {
      return sequences(file, ids);
    } catch (IOException | RuntimeException e) {
      ids.close();
      throw e;
    }
  }

  private Reading sequences(Path file, NpyIds ids) throws FormatException {
    if (ids.rowLength() > 0) {
      return NpySequences.of(file, ids, shape.context());
    }
    int length =
        context.orElseThrow(
            () ->
                FormatException.of(
                    file, "an array of one dimension needs a context to be cut into sequences of"));
    return new CutSequences(file, new NpyStream(ids), length, OptionalInt.empty());
  }
}
