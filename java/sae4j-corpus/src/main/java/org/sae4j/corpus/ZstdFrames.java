package org.sae4j.corpus;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdIOException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import org.sae4j.format.FormatException;

/** Decompresses zstd, frame after frame, with windows as long as the format's programs write. */
final class ZstdFrames extends FilterInputStream {
  /** What {@code zstd --long=31} writes; the memory is taken as it is used. */
  private static final int LONGEST_WINDOW_LOG = 31;

  private static final int MAGIC = 0xFD2FB528;

  /** Of frames that are passed over, whose last four bits are free. */
  private static final int SKIPPABLE_MAGIC = 0x184D2A50;

  private static final int FREE_BITS = 0xF;

  private final Path file;

  ZstdFrames(Path file, InputStream in) throws IOException {
    super(ZstdLibrary.decompressed(in).setLongMax(LONGEST_WINDOW_LOG));
    this.file = file;
  }

  /** Tells whether the first four bytes, the lowest first, are those of a frame. */
  static boolean beginWith(int first) {
    return first == MAGIC || (first & ~FREE_BITS) == SKIPPABLE_MAGIC;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    try {
      return super.read(into, offset, length);
    } catch (ZstdIOException e) {
      throw explained(e);
    }
  }

  /** What is not the data's fault says what it wants. */
  private IOException explained(ZstdIOException e) {
    if (e.getErrorCode() == Zstd.errDictionaryWrong()) {
      return FormatException.of(
          file,
          "the zstd data needs a dictionary, which cannot be given: decompress it with"
              + " \"zstd -d -D DICTIONARY\"",
          e);
    }
    if (e.getErrorCode() == Zstd.errMemoryAllocation()) {
      return FormatException.of(
          file,
          "the zstd data needs a window of more memory than there is: compress it anew without"
              + " \"--long\"",
          e);
    }
    return e.getErrorCode() == Zstd.errFrameParameterWindowTooLarge()
        ? FormatException.of(file, "the zstd data needs a window of more than 2 GB", e)
        : e;
  }
}
