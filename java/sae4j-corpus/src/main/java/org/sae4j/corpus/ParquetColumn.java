package org.sae4j.corpus;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.VersionParser;
import org.apache.parquet.VersionParser.ParsedVersion;
import org.apache.parquet.VersionParser.VersionParseException;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReaderImpl;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.ColumnPath;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.sae4j.format.FormatException;

/**
 * One column of a Parquet file, row by row: a text or a list of whole numbers in each.
 *
 * <p>A row group's pages of this column are in memory at a time, compressed as they are.
 */
final class ParquetColumn implements AutoCloseable {
  private static final String DAMAGED = "the Parquet file is damaged or not supported";

  private final Path file;
  private final String name;
  private final ParquetFileReader reader;
  private final ColumnDescriptor column;
  private Optional<ColumnReader> values = Optional.empty();
  private long left; // values of the row group
  private long row = -1;

  private ParquetColumn(Path file, String name, ParquetFileReader reader, ColumnDescriptor column) {
    this.file = file;
    this.name = name;
    this.reader = reader;
    this.column = column;
  }

  /** Opens a column of texts. */
  static ParquetColumn texts(Path file, String name) throws IOException {
    return open(file, name, "texts", 0, List.of(PrimitiveTypeName.BINARY));
  }

  /** Opens a column of lists of ids. */
  static ParquetColumn lists(Path file, String name) throws IOException {
    return open(
        file,
        name,
        "lists of whole numbers",
        1,
        List.of(PrimitiveTypeName.INT32, PrimitiveTypeName.INT64));
  }

  /** Opens a column of lists of ones and zeros. */
  static ParquetColumn masks(Path file, String name) throws IOException {
    return open(
        file,
        name,
        "lists of ones and zeros",
        1,
        List.of(PrimitiveTypeName.INT32, PrimitiveTypeName.INT64, PrimitiveTypeName.BOOLEAN));
  }

  /** Something that the library does, of whose exceptions each may mean a damaged file. */
  @FunctionalInterface
  private interface Call<T> {
    T get() throws IOException;
  }

  private static <T> T sound(Path file, Call<T> call) throws IOException {
    try {
      return call.get();
    } catch (FormatException e) {
      throw e;
    } catch (StackOverflowError e) {
      throw FormatException.of(file, DAMAGED + ": nested too deeply", e);
    } catch (OutOfMemoryError e) {
      // The library believes sizes; what it wanted to make of them is gone.
      throw FormatException.of(file, DAMAGED + ": more than there is memory for", e);
    } catch (IOException | RuntimeException e) {
      throw FormatException.of(file, DAMAGED + why(e), e);
    }
  }

  /**
   * What the library says in its first line; nothing if it fell over the file, for what the JVM
   * says then is for its programmers.
   */
  private static String why(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    boolean fell =
        root instanceof NullPointerException
            || root instanceof IndexOutOfBoundsException
            || root instanceof ClassCastException
            || root instanceof NegativeArraySizeException
            || root instanceof ArithmeticException;
    Optional<String> said = Optional.ofNullable(root.getMessage()).filter(message -> !fell);
    return said.flatMap(message -> message.lines().findFirst()).map(line -> ": " + line).orElse("");
  }

  private static ParquetColumn open(
      Path file, String name, String kind, int repetitions, List<PrimitiveTypeName> types)
      throws IOException {
    ParquetReadOptions options =
        ParquetReadOptions.builder(new PlainParquetConfiguration())
            .withCodecFactory(new PageDecompression())
            .usePageChecksumVerification(true)
            .build();
    ParquetFileReader reader =
        sound(file, () -> ParquetFileReader.open(new LocalInputFile(file), options));
    try {
      return sound(
          file,
          () -> {
            ColumnDescriptor column = choose(file, name, kind, repetitions, types, reader);
            requireWithinFile(file, name, column, reader);
            return new ParquetColumn(file, name, reader, column);
          });
    } catch (IOException | RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  /** Makes a column the only one that is read, after checking that it is of the right kind. */
  private static ColumnDescriptor choose(
      Path file,
      String name,
      String kind,
      int repetitions,
      List<PrimitiveTypeName> types,
      ParquetFileReader reader)
      throws FormatException {
    MessageType schema = reader.getFileMetaData().getSchema();
    List<String> names = schema.getFields().stream().map(Type::getName).toList();
    if (!names.contains(name)) {
      throw FormatException.of(file, "expected a column " + name + ", found " + names);
    }
    MessageType projection = new MessageType(schema.getName(), schema.getType(name));
    List<ColumnDescriptor> columns = projection.getColumns();
    if (columns.size() != 1
        || columns.get(0).getMaxRepetitionLevel() != repetitions
        || !types.contains(columns.get(0).getPrimitiveType().getPrimitiveTypeName())) {
      throw FormatException.mismatch(
          file, "column " + name, kind, schema.getType(name).toString().replaceAll("\\s+", " "));
    }
    reader.setRequestedSchema(projection);
    return columns.get(0);
  }

  /**
   * Refuses a place in the file that is not there: the library makes room for it before it reads.
   */
  private static void requireWithinFile(
      Path file, String name, ColumnDescriptor column, ParquetFileReader reader)
      throws IOException {
    long size = Files.size(file);
    int group = 0;
    for (BlockMetaData block : reader.getRowGroups()) {
      for (ColumnChunkMetaData chunk : block.getColumns()) {
        long start = chunk.getStartingPos();
        long bytes = chunk.getTotalSize();
        boolean within = start >= 0 && start <= size && bytes >= 0 && bytes <= size - start;
        if (!within && chunk.getPath().equals(ColumnPath.get(column.getPath()))) {
          throw FormatException.mismatch(
              file,
              "column " + name + ", row group " + group,
              "bytes of the file's " + size,
              bytes + " from byte " + start + " on");
        }
      }
      group++;
    }
  }

  /** The names of all columns of the file. */
  List<String> siblings() {
    return names(columns -> true);
  }

  /** The names of those that have a list of whole numbers, or of truths, in each row. */
  List<String> listSiblings() {
    Set<PrimitiveTypeName> types =
        Set.of(PrimitiveTypeName.INT32, PrimitiveTypeName.INT64, PrimitiveTypeName.BOOLEAN);
    return names(
        columns ->
            columns.size() == 1
                && columns.get(0).getMaxRepetitionLevel() == 1
                && types.contains(columns.get(0).getPrimitiveType().getPrimitiveTypeName()));
  }

  private List<String> names(Predicate<List<ColumnDescriptor>> wanted) {
    MessageType schema = reader.getFileMetaData().getSchema();
    return schema.getFields().stream()
        .filter(type -> wanted.test(new MessageType(schema.getName(), type).getColumns()))
        .map(Type::getName)
        .toList();
  }

  /** The index of the row that was read last. */
  long row() {
    return row;
  }

  /** The text of the next row, empty if it is null; nothing after the last row. */
  Optional<Optional<String>> nextText() throws IOException {
    return sound(file, () -> available() ? Optional.of(text()) : Optional.empty());
  }

  private Optional<String> text() throws FormatException {
    ColumnReader reader = values.orElseThrow();
    row++;
    Optional<String> text =
        isThere(reader) ? Optional.of(decoded(reader.getBinary())) : Optional.empty();
    advance(reader);
    return text;
  }

  private String decoded(Binary text) throws FormatException {
    try {
      String decoded = StandardCharsets.UTF_8.newDecoder().decode(text.toByteBuffer()).toString();
      return Documents.checked(file, where(row), decoded);
    } catch (CharacterCodingException e) {
      throw FormatException.of(file, where(row) + ": expected UTF-8, found other bytes", e);
    }
  }

  /** The ids of the next row, none if it has no list; nothing after the last row. */
  Optional<long[]> nextList(int longest) throws IOException {
    return sound(file, () -> available() ? Optional.of(list(longest)) : Optional.empty());
  }

  private long[] list(int longest) throws IOException {
    ColumnReader reader = values.orElseThrow();
    long[] ids = new long[16];
    int length = 0;
    row++;
    do {
      if (isThere(reader)) {
        if (length == longest) {
          throw FormatException.mismatch(file, where(row), "at most " + longest + " ids", "more");
        }
        ids = length < ids.length ? ids : Arrays.copyOf(ids, 2 * length);
        ids[length++] = id(reader);
      } else if (reader.getCurrentDefinitionLevel() == column.getMaxDefinitionLevel() - 1
          && isElementOptional()) {
        throw FormatException.of(file, where(row) + ": id " + length + " is null");
      }
      advance(reader);
    } while (left > 0 && reader.getCurrentRepetitionLevel() > 0);
    return Arrays.copyOf(ids, length);
  }

  private long id(ColumnReader reader) {
    return switch (column.getPrimitiveType().getPrimitiveTypeName()) {
      case INT32 -> reader.getInteger();
      case BOOLEAN -> reader.getBoolean() ? 1 : 0;
      default -> reader.getLong();
    };
  }

  private boolean isElementOptional() {
    return column.getPrimitiveType().isRepetition(Type.Repetition.OPTIONAL);
  }

  private boolean isThere(ColumnReader reader) {
    return reader.getCurrentDefinitionLevel() == column.getMaxDefinitionLevel();
  }

  private void advance(ColumnReader reader) {
    reader.consume();
    left--;
  }

  private String where(long row) {
    return "column " + name + ", row " + row;
  }

  private boolean available() throws IOException {
    while (left == 0) {
      PageReadStore group = reader.readNextRowGroup();
      if (group == null) {
        return false;
      }
      PageReader pages =
          new ParquetPages(
              group.getPageReader(column), column.getPrimitiveType().getPrimitiveTypeName());
      left = pages.getTotalValueCount();
      ParsedVersion writer = writer(reader.getFileMetaData().getCreatedBy());
      values =
          Optional.of(new ColumnReaderImpl(column, pages, new PrimitiveConverter() {}, writer));
    }
    return true;
  }

  /**
   * Who wrote the file, for the sake of known mistakes; null, as the library has it, if unknown.
   */
  private static ParsedVersion writer(String createdBy) {
    try {
      return createdBy == null ? null : VersionParser.parse(createdBy);
    } catch (VersionParseException e) {
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
