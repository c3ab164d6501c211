package org.sae4j.corpus;

import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.io.ParquetDecodingException;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;

/**
 * The pages of one column in a row group, as the library's reader of values can take them: it knows
 * no page without values, and makes room for as many entries of a dictionary as it is told.
 */
final class ParquetPages implements PageReader {
  private final PageReader pages;
  private final int shortestEntry;

  /**
   * Reads pages.
   *
   * @param type what the column has: whole numbers, or bytes with their length before
   */
  ParquetPages(PageReader pages, PrimitiveTypeName type) {
    this.pages = pages;
    this.shortestEntry = type == PrimitiveTypeName.INT64 ? Long.BYTES : Integer.BYTES;
  }

  @Override
  public DictionaryPage readDictionaryPage() {
    DictionaryPage page = pages.readDictionaryPage();
    if (page != null && page.getDictionarySize() > page.getBytes().size() / shortestEntry) {
      throw new ParquetDecodingException(
          "a dictionary of %d entries in a page of %d bytes"
              .formatted(page.getDictionarySize(), page.getBytes().size()));
    }
    return page;
  }

  @Override
  public long getTotalValueCount() {
    return pages.getTotalValueCount();
  }

  /** The next page that has values. */
  @Override
  public DataPage readPage() {
    DataPage page = pages.readPage();
    while (page != null && page.getValueCount() == 0) {
      page = pages.readPage();
    }
    if (page == null || page.getValueCount() < 0) {
      throw new ParquetDecodingException("the pages have fewer values than the file says");
    }
    return page;
  }
}
