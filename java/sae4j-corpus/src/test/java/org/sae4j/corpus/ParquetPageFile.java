package org.sae4j.corpus;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorOutputStream;
import org.apache.commons.compress.compressors.snappy.SnappyCompressorOutputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnWriteStore;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.column.ParquetProperties.WriterVersion;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageWriter;
import org.apache.parquet.column.statistics.SizeStatistics;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DataPageHeaderV2;
import org.apache.parquet.format.DictionaryPageHeader;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.Type;
import org.apache.parquet.format.Util;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/**
 * A Parquet file of one column, {@code input_ids}, in pages that a test may change one by one
 * before they are written: what their headers say, and what is below.
 */
final class ParquetPageFile {
  private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);
  private static final MessageType SCHEMA =
      MessageTypeParser.parseMessageType(
          "message m { optional group input_ids (LIST) {"
              + " repeated group list { optional int32 element; } } }");

  /** A page: its levels, which only the second version keeps apart, and its compressed values. */
  record Page(PageHeader header, byte[] levels, byte[] values) {

    /** The same page with other values, of whose size its header tells the truth. */
    Page withValues(byte[] compressed) {
      PageHeader changed = header.deepCopy();
      changed.setCompressed_page_size(levels.length + compressed.length);
      return new Page(changed, levels, compressed);
    }

    int valueCount() {
      return switch (header.getType()) {
        case DATA_PAGE -> header.getData_page_header().getNum_values();
        case DATA_PAGE_V2 -> header.getData_page_header_v2().getNum_values();
        default -> 0;
      };
    }
  }

  private final CompressionCodec codec;
  private final List<Page> pages = new ArrayList<>();
  private int rows;

  private ParquetPageFile(CompressionCodec codec) {
    this.codec = codec;
  }

  /** Makes pages of lists of ids, about {@code rowsPerPage} of them in each. */
  static ParquetPageFile of(
      CompressionCodec codec,
      WriterVersion version,
      boolean dictionary,
      int rowsPerPage,
      int[][] lists)
      throws IOException {
    ParquetPageFile file = new ParquetPageFile(codec);
    ParquetProperties properties =
        ParquetProperties.builder()
            .withWriterVersion(version)
            .withDictionaryEncoding(dictionary)
            .withPageRowCountLimit(rowsPerPage)
            .withMinRowCountForPageSizeCheck(1)
            .withMaxRowCountForPageSizeCheck(1)
            .withAllocator(new HeapByteBufferAllocator())
            .build();
    ColumnDescriptor column = SCHEMA.getColumns().get(0);
    try (ColumnWriteStore store =
        properties.newColumnWriteStore(SCHEMA, descriptor -> file.new Pages())) {
      ColumnWriter writer = store.getColumnWriter(column);
      for (int[] list : lists) {
        for (int i = 0; i < list.length; i++) {
          writer.write(list[i], i == 0 ? 0 : 1, column.getMaxDefinitionLevel());
        }
        if (list.length == 0) {
          writer.writeNull(0, 0);
        }
        store.endRecord();
        file.rows++;
      }
      store.flush();
    }
    return file;
  }

  /** The pages in order, the dictionary's first. */
  List<Page> pages() {
    return pages;
  }

  /** A page of the first version without values. */
  Page emptyPage() throws IOException {
    DataPageHeader header =
        new DataPageHeader(
            0,
            org.apache.parquet.format.Encoding.PLAIN,
            org.apache.parquet.format.Encoding.RLE,
            org.apache.parquet.format.Encoding.RLE);
    byte[] levels = new byte[2 * Integer.BYTES]; // two lengths of none
    PageHeader page = new PageHeader(PageType.DATA_PAGE, levels.length, 0);
    return new Page(page.setData_page_header(header), new byte[0], new byte[0])
        .withValues(compressed(codec, levels));
  }

  /** A page of the second version without values, nor anything that is compressed. */
  Page emptyPage2() {
    DataPageHeaderV2 header =
        new DataPageHeaderV2(0, 0, 0, org.apache.parquet.format.Encoding.PLAIN, 0, 0);
    PageHeader page = new PageHeader(PageType.DATA_PAGE_V2, 0, 0);
    return new Page(
        page.setData_page_header_v2(header.setIs_compressed(true)), new byte[0], new byte[0]);
  }

  byte[] bytes() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(MAGIC);
    ColumnMetaData column =
        new ColumnMetaData(
            Type.INT32, List.of(), List.of("input_ids", "list", "element"), codec, 0, 0, 0, 0);
    for (Page page : pages) {
      if (page.header().getType() == PageType.DICTIONARY_PAGE) {
        column.setDictionary_page_offset(out.size());
      } else if (column.getData_page_offset() == 0) {
        column.setData_page_offset(out.size());
      }
      Util.writePageHeader(page.header(), out);
      out.writeBytes(page.levels());
      out.writeBytes(page.values());
      column.setNum_values(column.getNum_values() + page.valueCount());
    }
    column.setTotal_compressed_size(out.size() - MAGIC.length);
    column.setTotal_uncompressed_size(out.size() - MAGIC.length);
    ColumnChunk chunk = new ColumnChunk(MAGIC.length).setMeta_data(column);
    RowGroup group = new RowGroup(List.of(chunk), column.getTotal_compressed_size(), rows);
    int footer = out.size();
    Util.writeFileMetaData(new FileMetaData(1, schema(), rows, List.of(group)), out);
    ByteBuffer tail = ByteBuffer.allocate(Integer.BYTES + MAGIC.length);
    tail.order(ByteOrder.LITTLE_ENDIAN).putInt(out.size() - footer).put(MAGIC);
    out.writeBytes(tail.array());
    return out.toByteArray();
  }

  private static List<SchemaElement> schema() {
    SchemaElement root = new SchemaElement("m").setNum_children(1);
    SchemaElement lists = new SchemaElement("input_ids").setNum_children(1);
    SchemaElement list = new SchemaElement("list").setNum_children(1);
    SchemaElement element = new SchemaElement("element").setType(Type.INT32);
    return List.of(
        root,
        lists.setRepetition_type(FieldRepetitionType.OPTIONAL),
        list.setRepetition_type(FieldRepetitionType.REPEATED),
        element.setRepetition_type(FieldRepetitionType.OPTIONAL));
  }

  static byte[] compressed(CompressionCodec codec, byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    switch (codec) {
      case UNCOMPRESSED -> out.writeBytes(bytes);
      case SNAPPY -> {
        try (OutputStream snappy = new SnappyCompressorOutputStream(out, bytes.length)) {
          snappy.write(bytes);
        }
      }
      case GZIP -> out.writeBytes(TestFiles.gzip(bytes));
      case ZSTD -> out.writeBytes(Zstd.compress(bytes));
      case LZ4_RAW -> {
        try (OutputStream lz4 = new BlockLZ4CompressorOutputStream(out)) {
          lz4.write(bytes);
        }
      }
      default -> throw new IllegalArgumentException(codec.toString());
    }
    return out.toByteArray();
  }

  /** Takes the pages that the library makes. */
  private final class Pages implements PageWriter {

    @Override
    public void writePage(
        BytesInput bytes,
        int values,
        Statistics<?> statistics,
        Encoding repetition,
        Encoding definition,
        Encoding encoding)
        throws IOException {
      DataPageHeader header =
          new DataPageHeader(values, formats(encoding), formats(definition), formats(repetition));
      PageHeader page = new PageHeader(PageType.DATA_PAGE, (int) bytes.size(), 0);
      add(page.setData_page_header(header), new byte[0], bytes.toByteArray());
    }

    @Override
    public void writePage(
        BytesInput bytes,
        int values,
        int rowCount,
        Statistics<?> statistics,
        Encoding repetition,
        Encoding definition,
        Encoding encoding)
        throws IOException {
      writePage(bytes, values, statistics, repetition, definition, encoding);
    }

    @Override
    public void writePage(
        BytesInput bytes,
        int values,
        int rowCount,
        Statistics<?> statistics,
        SizeStatistics sizes,
        Encoding repetition,
        Encoding definition,
        Encoding encoding)
        throws IOException {
      writePage(bytes, values, statistics, repetition, definition, encoding);
    }

    @Override
    public void writePageV2(
        int rowCount,
        int nulls,
        int values,
        BytesInput repetition,
        BytesInput definition,
        Encoding encoding,
        BytesInput data,
        Statistics<?> statistics,
        SizeStatistics sizes)
        throws IOException {
      writePageV2(rowCount, nulls, values, repetition, definition, encoding, data, statistics);
    }

    @Override
    public void writePageV2(
        int rowCount,
        int nulls,
        int values,
        BytesInput repetition,
        BytesInput definition,
        Encoding encoding,
        BytesInput data,
        Statistics<?> statistics)
        throws IOException {
      byte[] levels = BytesInput.concat(repetition, definition).toByteArray();
      DataPageHeaderV2 header =
          new DataPageHeaderV2(
              values,
              nulls,
              rowCount,
              formats(encoding),
              (int) definition.size(),
              (int) repetition.size());
      PageHeader page = new PageHeader(PageType.DATA_PAGE_V2, levels.length + (int) data.size(), 0);
      page.setData_page_header_v2(header.setIs_compressed(true));
      add(page, levels, data.toByteArray());
    }

    @Override
    public void writeDictionaryPage(DictionaryPage dictionary) throws IOException {
      DictionaryPageHeader header =
          new DictionaryPageHeader(
              dictionary.getDictionarySize(), formats(dictionary.getEncoding()));
      byte[] bytes = dictionary.getBytes().toByteArray();
      PageHeader page = new PageHeader(PageType.DICTIONARY_PAGE, bytes.length, 0);
      add(page.setDictionary_page_header(header), new byte[0], bytes);
      pages.add(0, pages.remove(pages.size() - 1)); // which the library writes last
    }

    private void add(PageHeader header, byte[] levels, byte[] values) throws IOException {
      pages.add(new Page(header, levels, values).withValues(compressed(codec, values)));
    }

    private org.apache.parquet.format.Encoding formats(Encoding encoding) {
      return org.apache.parquet.format.Encoding.valueOf(encoding.name());
    }

    @Override
    public long getMemSize() {
      return 0;
    }

    @Override
    public long allocatedSize() {
      return 0;
    }

    @Override
    public String memUsageString(String prefix) {
      return prefix;
    }

    @Override
    public void close() {}
  }
}
