package org.sae4j.format.torch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.DType;
import org.sae4j.format.container.PositionalRead;
import org.sae4j.format.container.ZipDirectory;

/**
 * The zip around a torch archive: {@code <root>/data.pkl} and storages {@code <root>/data/<key>}.
 *
 * <p>Valid as long as its channel is open.
 */
final class TorchZip {
  private static final String PICKLE = "/data.pkl";
  private static final int MAX_PICKLE_BYTES = 16 << 20;
  private static final int MAX_BYTE_ORDER_BYTES = 16;

  private final Path file;
  private final FileChannel channel;
  private final ZipDirectory zip;
  private final String root;

  private TorchZip(Path file, FileChannel channel, ZipDirectory zip, String root) {
    this.file = file;
    this.channel = channel;
    this.zip = zip;
    this.root = root;
  }

  static TorchZip open(Path file, FileChannel channel) throws IOException {
    ZipDirectory zip = ZipDirectory.read(channel, file);
    TorchZip archive = new TorchZip(file, channel, zip, findRoot(file, zip));
    archive.requireLittleEndian();
    return archive;
  }

  /** Returns what was saved. */
  Object load() throws IOException {
    ByteBuffer pickle = read(zip.entries().get(root + PICKLE), MAX_PICKLE_BYTES);
    return Unpickler.load(file, pickle, this::storage);
  }

  /** Finds a storage, which has to be as long as the pickle says. */
  private TorchStorage storage(String key, DType dtype, long elements) throws IOException {
    ZipDirectory.Entry entry = zip.entries().get(root + "/data/" + key);
    if (entry == null) {
      throw FormatException.of(file, "storage " + key + " is missing");
    }
    long offset = zip.dataOffset(channel, entry);
    // Divided, because the product might overflow.
    if (entry.size() % dtype.bytes() != 0 || entry.size() / dtype.bytes() != elements) {
      throw FormatException.mismatch(
          file, "storage " + key, elements + " elements " + dtype, entry.size() + " bytes");
    }
    return new TorchStorage(file, key, dtype, offset, elements);
  }

  private static String findRoot(Path file, ZipDirectory zip) throws FormatException {
    List<String> pickles =
        zip.entries().keySet().stream()
            .filter(name -> name.endsWith(PICKLE) && name.indexOf('/') == name.lastIndexOf('/'))
            .toList();
    if (pickles.size() != 1) {
      throw FormatException.mismatch(
          file, "not an archive of torch.save", "one entry */data.pkl", pickles.size());
    }
    String pickle = pickles.get(0);
    return pickle.substring(0, pickle.length() - PICKLE.length());
  }

  /** Archives older than torch 2.1 do not tell; they were written on little-endian machines. */
  private void requireLittleEndian() throws IOException {
    ZipDirectory.Entry entry = zip.entries().get(root + "/byteorder");
    if (entry == null) {
      return;
    }
    String order =
        StandardCharsets.US_ASCII.decode(read(entry, MAX_BYTE_ORDER_BYTES)).toString().strip();
    if (!order.equals("little")) {
      throw FormatException.mismatch(file, "byteorder", "little", order);
    }
  }

  private ByteBuffer read(ZipDirectory.Entry entry, int maxBytes) throws IOException {
    long offset = zip.dataOffset(channel, entry);
    if (entry.size() > maxBytes) {
      throw FormatException.of(
          file, "entry " + entry.name() + " of " + entry.size() + " bytes is too large");
    }
    ByteBuffer bytes =
        PositionalRead.read(channel, file, "entry " + entry.name(), offset, (int) entry.size());
    CRC32 crc = new CRC32();
    crc.update(bytes.duplicate());
    if (crc.getValue() != entry.crc()) {
      throw FormatException.of(file, "entry " + entry.name() + " is damaged (checksum)");
    }
    return bytes;
  }
}
