package org.sae4j.corpus;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorInputStream;
import org.apache.commons.compress.compressors.snappy.SnappyCompressorInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/** How the pages of a Parquet file are decompressed; nothing else of Hadoop's codecs is needed. */
final class PageDecompression implements CompressionCodecFactory {
  /** Pages are about 1 MB; whoever claims this much more wants memory, not to be read. */
  private static final int LARGEST_PAGE = 1 << 28;

  /** How many bytes Snappy makes of one at most: 64 of three. */
  private static final int MOST_BY_SNAPPY = 22;

  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
    return new BytesInputDecompressor() {
      @Override
      public BytesInput decompress(BytesInput page, int size) throws IOException {
        byte[] compressed = page.toInputStream().readAllBytes();
        return BytesInput.from(bytes(codec, compressed, size));
      }

      @Override
      public void decompress(ByteBuffer from, int length, ByteBuffer to, int size)
          throws IOException {
        byte[] page = new byte[length];
        from.get(page);
        to.put(bytes(codec, page, size));
      }

      @Override
      public void release() {}
    };
  }

  /** Decompresses a page no further than to the size that its header states, which it has to be. */
  private static byte[] bytes(CompressionCodecName codec, byte[] page, int size)
      throws IOException {
    if (size < 0 || size > LARGEST_PAGE) {
      throw new IOException("a page of " + size + " bytes");
    }
    if (size == 0 && page.length == 0) {
      return page; // Values that are all null are not even compressed.
    }
    InputStream rest = new ByteArrayInputStream(page);
    try (InputStream in = decompressed(codec, rest, page.length, size)) {
      byte[] bytes = in.readNBytes(size);
      if (bytes.length < size || in.read() >= 0 || rest.available() > 0) {
        throw new IOException(
            "a page of other than the %d bytes that its header states".formatted(size));
      }
      return bytes;
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static InputStream decompressed(
      CompressionCodecName codec, InputStream page, int length, int size) throws IOException {
    switch (codec) {
      case UNCOMPRESSED:
        return page;
      case SNAPPY:
        if (size / MOST_BY_SNAPPY > length) {
          throw new IOException(
              "%d bytes of Snappy that are said to be %d".formatted(length, size));
        }
        // Copies reach as far back as the page does: some writers do not cut it into blocks.
        return new SnappyCompressorInputStream(page, Math.max(1, size));
      case GZIP:
        return new GzipMembers(page);
      case ZSTD:
        return ZstdLibrary.decompressed(page);
      case LZ4_RAW:
        return new BlockLZ4CompressorInputStream(page);
      default:
        throw new IOException(
            "compressed with "
                + codec
                + ", which is not read: write the file anew with ZSTD, SNAPPY, GZIP, LZ4_RAW or"
                + " UNCOMPRESSED");
    }
  }

  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName codec) {
    throw new UnsupportedOperationException("nothing is written");
  }

  @Override
  public void release() {}
}
