package org.sae4j.corpus;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.xerial.snappy.Snappy;

/** How the pages of a Parquet file are decompressed; nothing else of Hadoop's codecs is needed. */
final class PageDecompression implements CompressionCodecFactory {
  /** Pages are about 1 MB; whoever claims this much more wants memory, not to be read. */
  private static final int LARGEST_PAGE = 1 << 28;

  /** Plain Java: no library to load, and none of the JVM's unsafe calls. */
  private static final LZ4SafeDecompressor LZ4 = LZ4Factory.safeInstance().safeDecompressor();

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

  private static byte[] bytes(CompressionCodecName codec, byte[] page, int size)
      throws IOException {
    byte[] bytes = decompressed(codec, page, checked(size));
    if (bytes.length != size) {
      throw new IOException("a page of " + bytes.length + " bytes where " + size + " were written");
    }
    return bytes;
  }

  private static int checked(int size) throws IOException {
    if (size < 0 || size > LARGEST_PAGE) {
      throw new IOException("a page of " + size + " bytes");
    }
    return size;
  }

  private static byte[] decompressed(CompressionCodecName codec, byte[] page, int size)
      throws IOException {
    switch (codec) {
      case UNCOMPRESSED:
        return page;
      case SNAPPY:
        byte[] bytes = new byte[Math.min(size, Snappy.uncompressedLength(page))];
        return Arrays.copyOf(bytes, Snappy.uncompress(page, 0, page.length, bytes, 0));
      case GZIP:
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(page))) {
          return in.readNBytes(size);
        }
      case ZSTD:
        try {
          return Zstd.decompress(page, size);
        } catch (ZstdException e) {
          throw new IOException(e.getMessage(), e);
        }
      case LZ4_RAW:
        try {
          return LZ4.decompress(page, size);
        } catch (LZ4Exception e) {
          throw new IOException(e.getMessage(), e);
        }
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
