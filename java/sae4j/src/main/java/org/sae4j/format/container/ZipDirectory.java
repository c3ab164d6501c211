package org.sae4j.format.container;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sae4j.format.FormatException;

/**
 * The entries of a zip file, and where the bytes of uncompressed ones lie.
 *
 * <p>{@code java.util.zip.ZipFile} does not tell positions, and tensors are to be read in place.
 */
public final class ZipDirectory {
  private static final int LOCAL_SIGNATURE = 0x04034b50;
  private static final int LOCAL_BYTES = 30;
  private static final int CENTRAL_SIGNATURE = 0x02014b50;
  private static final int CENTRAL_BYTES = 46;
  private static final int END_SIGNATURE = 0x06054b50;
  private static final int END_BYTES = 22;
  private static final int ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
  private static final int ZIP64_LOCATOR_BYTES = 20;
  private static final int ZIP64_END_SIGNATURE = 0x06064b50;
  private static final int ZIP64_END_BYTES = 56;
  private static final int ZIP64_EXTRA = 1;

  private static final int MAX_COMMENT = 0xffff;
  private static final int MAX_DIRECTORY_BYTES = 16 << 20;
  private static final long IN_ZIP64 = 0xffff_ffffL;

  private static final int FLAG_ENCRYPTED = 1;
  private static final int FLAG_SIZES_FOLLOW = 8;

  /** Where the central directory lies. */
  private record Location(long offset, long size, long end) {}

  /**
   * One entry, as the central directory describes it.
   *
   * @param method 0 if the bytes are stored as they are
   * @param storedSize the bytes that it takes in the file
   * @param size the bytes that it holds
   */
  public record Entry(
      String name, int flags, int method, long crc, long storedSize, long size, long header) {

    boolean isStored() {
      return method == 0;
    }
  }

  private final Path file;
  private final long directoryOffset;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private ZipDirectory(Path file, long directoryOffset) {
    this.file = file;
    this.directoryOffset = directoryOffset;
  }

  /** Tells whether a file begins like a zip file. */
  public static boolean isZip(Path file) throws IOException {
    try (FileChannel channel = PositionalRead.open(file)) {
      return channel.size() >= Integer.BYTES
          && PositionalRead.read(channel, file, "zip", 0, Integer.BYTES).getInt()
              == LOCAL_SIGNATURE;
    }
  }

  /** Reads the central directory. */
  public static ZipDirectory read(FileChannel channel, Path file) throws IOException {
    Location location = locate(channel, file);
    ZipDirectory directory = new ZipDirectory(file, location.offset());
    ByteBuffer bytes =
        PositionalRead.read(
            channel, file, "zip directory", location.offset(), (int) location.size());
    while (bytes.hasRemaining()) {
      directory.add(directory.parseEntry(bytes));
    }
    return directory;
  }

  /** All entries by name, in the order of the directory. */
  public Map<String, Entry> entries() {
    return Collections.unmodifiableMap(entries);
  }

  /** Returns where in the file the bytes of a stored entry begin. */
  public long dataOffset(FileChannel channel, Entry entry) throws IOException {
    if (!entry.isStored()) {
      throw FormatException.of(
          file,
          "entry "
              + entry.name()
              + " is compressed (zip method "
              + entry.method()
              + "); only uncompressed archives, as torch.save and numpy.savez write them, are"
              + " read");
    }
    if ((entry.flags() & FLAG_ENCRYPTED) != 0) {
      throw FormatException.of(file, "entry " + entry.name() + " is encrypted");
    }
    if (entry.storedSize() != entry.size()) {
      throw FormatException.mismatch(
          file, "entry " + entry.name(), entry.size() + " bytes", entry.storedSize());
    }
    long start = entry.header() + checkLocalHeader(channel, entry);
    if (entry.size() > directoryOffset - start) {
      throw FormatException.of(
          file,
          "entry %s: %d bytes from byte %d on reach beyond the entries' end, byte %d"
              .formatted(entry.name(), entry.size(), start, directoryOffset));
    }
    return start;
  }

  /** Returns the length of an entry's local header, which has to agree with the directory. */
  private long checkLocalHeader(FileChannel channel, Entry entry) throws IOException {
    String part = "entry " + entry.name();
    if (entry.header() > directoryOffset - LOCAL_BYTES) {
      throw FormatException.of(file, part + ": header lies beyond the entries' end");
    }
    ByteBuffer local = PositionalRead.read(channel, file, part, entry.header(), LOCAL_BYTES);
    if (local.getInt(0) != LOCAL_SIGNATURE) {
      throw FormatException.of(file, part + ": no zip header at byte " + entry.header());
    }
    long size = Integer.toUnsignedLong(local.getInt(22));
    boolean sizeKnown = (entry.flags() & FLAG_SIZES_FOLLOW) == 0 && size != IN_ZIP64;
    if (sizeKnown && size != entry.size()) {
      throw FormatException.mismatch(file, part, entry.size() + " bytes", size);
    }
    int nameLength = Short.toUnsignedInt(local.getShort(26));
    int extraLength = Short.toUnsignedInt(local.getShort(28));
    ByteBuffer name =
        PositionalRead.read(channel, file, part, entry.header() + LOCAL_BYTES, nameLength);
    if (!text(name, nameLength).equals(entry.name())) {
      throw FormatException.of(file, part + " has another name in its own header");
    }
    return (long) LOCAL_BYTES + nameLength + extraLength;
  }

  private void add(Entry entry) throws FormatException {
    if (entries.put(entry.name(), entry) != null) {
      throw FormatException.of(file, "entry " + entry.name() + " appears twice");
    }
  }

  private Entry parseEntry(ByteBuffer bytes) throws FormatException {
    int at = bytes.position();
    if (bytes.remaining() < CENTRAL_BYTES || bytes.getInt(at) != CENTRAL_SIGNATURE) {
      throw FormatException.of(file, "zip directory is damaged");
    }
    int nameLength = Short.toUnsignedInt(bytes.getShort(at + 28));
    int extraLength = Short.toUnsignedInt(bytes.getShort(at + 30));
    int commentLength = Short.toUnsignedInt(bytes.getShort(at + 32));
    if (bytes.remaining() - CENTRAL_BYTES < nameLength + extraLength + commentLength) {
      throw FormatException.of(file, "zip directory is damaged");
    }
    bytes.position(at + CENTRAL_BYTES);
    String name = text(bytes, nameLength);
    ByteBuffer extra = zip64Extra(bytes.slice().order(bytes.order()).limit(extraLength));
    // The order of these three is that of their 64-bit forms in the extra field.
    long size = widened(name, bytes.getInt(at + 24), extra);
    long storedSize = widened(name, bytes.getInt(at + 20), extra);
    long header = widened(name, bytes.getInt(at + 42), extra);
    bytes.position(bytes.position() + extraLength + commentLength);
    return new Entry(
        name,
        Short.toUnsignedInt(bytes.getShort(at + 8)),
        Short.toUnsignedInt(bytes.getShort(at + 10)),
        Integer.toUnsignedLong(bytes.getInt(at + 16)),
        storedSize,
        size,
        header);
  }

  private long widened(String name, int value, ByteBuffer zip64) throws FormatException {
    if (Integer.toUnsignedLong(value) != IN_ZIP64) {
      return Integer.toUnsignedLong(value);
    }
    long wide = zip64.remaining() < Long.BYTES ? -1 : zip64.getLong();
    if (wide < 0) {
      throw FormatException.of(file, "entry " + name + ": damaged zip64 sizes");
    }
    return wide;
  }

  /** Returns the zip64 field of an entry's extra fields, empty if there is none. */
  private static ByteBuffer zip64Extra(ByteBuffer extra) {
    while (extra.remaining() >= 2 * Short.BYTES) {
      int id = Short.toUnsignedInt(extra.getShort());
      int length = Math.min(Short.toUnsignedInt(extra.getShort()), extra.remaining());
      if (id == ZIP64_EXTRA) {
        return extra.limit(extra.position() + length);
      }
      extra.position(extra.position() + length);
    }
    return extra.limit(extra.position());
  }

  private static Location locate(FileChannel channel, Path file) throws IOException {
    long size = channel.size();
    int tailLength = (int) Math.min(size, END_BYTES + MAX_COMMENT);
    ByteBuffer tail =
        PositionalRead.read(channel, file, "zip directory", size - tailLength, tailLength);
    int end = findEnd(tail);
    if (end < 0) {
      throw FormatException.of(file, "not a zip archive, or a truncated one");
    }
    long endOffset = size - tailLength + end;
    long directorySize = Integer.toUnsignedLong(tail.getInt(end + 12));
    long directoryOffset = Integer.toUnsignedLong(tail.getInt(end + 16));
    boolean narrow = directorySize != IN_ZIP64 && directoryOffset != IN_ZIP64;
    Location location =
        narrow && directoryOffset + directorySize == endOffset
            ? new Location(directoryOffset, directorySize, endOffset)
            : locateZip64(channel, file, endOffset);
    return checked(file, location);
  }

  private static Location checked(Path file, Location location) throws FormatException {
    // Sizes first: with both within bounds their sum cannot overflow.
    if (location.offset() < 0
        || location.size() < 0
        || location.offset() > location.end()
        || location.size() != location.end() - location.offset()) {
      throw FormatException.of(file, "zip directory is not where the archive says");
    }
    if (location.size() > MAX_DIRECTORY_BYTES) {
      throw FormatException.of(file, "zip directory of " + location.size() + " bytes is refused");
    }
    return location;
  }

  private static int findEnd(ByteBuffer tail) {
    for (int at = tail.limit() - END_BYTES; at >= 0; at--) {
      if (tail.getInt(at) == END_SIGNATURE
          && at + END_BYTES + Short.toUnsignedInt(tail.getShort(at + 20)) == tail.limit()) {
        return at;
      }
    }
    return -1;
  }

  private static Location locateZip64(FileChannel channel, Path file, long end) throws IOException {
    String part = "zip64 directory";
    if (end < ZIP64_LOCATOR_BYTES + ZIP64_END_BYTES) {
      throw FormatException.of(file, "zip directory is not where the archive says");
    }
    ByteBuffer locator =
        PositionalRead.read(channel, file, part, end - ZIP64_LOCATOR_BYTES, ZIP64_LOCATOR_BYTES);
    long record = locator.getLong(8);
    if (locator.getInt(0) != ZIP64_LOCATOR_SIGNATURE
        || record < 0
        || record > end - ZIP64_LOCATOR_BYTES - ZIP64_END_BYTES) {
      throw FormatException.of(file, "zip directory is not where the archive says");
    }
    ByteBuffer wide = PositionalRead.read(channel, file, part, record, ZIP64_END_BYTES);
    if (wide.getInt(0) != ZIP64_END_SIGNATURE) {
      throw FormatException.of(file, "zip directory is not where the archive says");
    }
    return new Location(wide.getLong(48), wide.getLong(40), record);
  }

  private static String text(ByteBuffer bytes, int length) {
    byte[] name = new byte[length];
    bytes.get(name);
    return new String(name, StandardCharsets.UTF_8);
  }
}
