package org.sae4j.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.Util;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.format.FormatException;

/** Parquet files whose footer says what cannot be: they are refused before it does harm. */
class LyingParquetTest {
  /** After the footer: its length and the file's magic. */
  private static final int TAIL_BYTES = 8;

  @TempDir private Path folder;

  @Test
  void aTrueFooterIsRead() throws IOException {
    assertThat(rows(with(footer -> {}))).isEqualTo(5);
  }

  @Test
  void columnsDoNotReachBeyondTheFile() throws IOException {
    for (long size : new long[] {1L << 40, Long.MAX_VALUE, -1}) {
      assertRefused(
          with(footer -> chunk(footer).setTotal_compressed_size(size)),
          "column input_ids, row group 0: expected bytes of the file's ");
    }
  }

  @Test
  void schemasDoNotExhaustTheStack() throws IOException {
    assertRefused(with(footer -> nest(footer, 50_000)), "damaged or not supported: nested too");
  }

  @Test
  void aGroupOfNothingIsNoColumn() throws IOException {
    assertRefused(
        with(
            footer -> {
              SchemaElement empty = new SchemaElement("input_ids");
              empty.setRepetition_type(FieldRepetitionType.OPTIONAL).setNum_children(0);
              SchemaElement root = footer.getSchema().get(0).setNum_children(1);
              footer.setSchema(List.of(root, empty)).setRow_groups(List.of());
            }),
        "column input_ids: expected lists of whole numbers, found optional group input_ids { }");
  }

  private static ColumnMetaData chunk(FileMetaData footer) {
    return footer.getRow_groups().get(0).getColumns().get(1).getMeta_data();
  }

  private static void nest(FileMetaData footer, int depth) {
    List<SchemaElement> schema = new ArrayList<>();
    schema.add(footer.getSchema().get(0).setNum_children(1));
    for (int i = 0; i < depth; i++) {
      SchemaElement group = new SchemaElement("group");
      schema.add(group.setNum_children(1).setRepetition_type(FieldRepetitionType.OPTIONAL));
    }
    schema.add(footer.getSchema().get(1));
    footer.setSchema(schema);
  }

  private Path with(Consumer<FileMetaData> change) throws IOException {
    byte[] whole = Files.readAllBytes(TestFiles.made("none.parquet"));
    ByteBuffer bytes = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
    int length = bytes.getInt(whole.length - TAIL_BYTES);
    int start = whole.length - TAIL_BYTES - length;
    FileMetaData footer = Util.readFileMetaData(new ByteArrayInputStream(whole, start, length));
    change.accept(footer);
    ByteArrayOutputStream changed = new ByteArrayOutputStream();
    changed.write(whole, 0, start);
    Util.writeFileMetaData(footer, changed);
    ByteBuffer tail = ByteBuffer.allocate(TAIL_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    tail.putInt(changed.size() - start).put("PAR1".getBytes(StandardCharsets.US_ASCII));
    changed.writeBytes(tail.array());
    return Files.write(folder.resolve("lying.parquet"), changed.toByteArray());
  }

  private static int rows(Path file) throws IOException {
    try (ParquetColumn lists = ParquetColumn.lists(file, "input_ids")) {
      int rows = 0;
      while (lists.nextList(64).isPresent()) {
        rows++;
      }
      return rows;
    }
  }

  private static void assertRefused(Path file, String problem) {
    assertThatThrownBy(() -> rows(file))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(problem);
  }
}
