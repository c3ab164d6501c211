package org.sae4j.format.torch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.DType;
import org.sae4j.format.container.PositionalRead;

/**
 * What {@code torch.save} wrote before PyTorch 1.6: pickles one behind the other, then storages.
 *
 * <p>The pickles are a magic number, a version, what kind of machine wrote the file, the object
 * that was saved, and the keys of its storages in their order. A storage is the number of its
 * elements, in eight bytes, and its elements.
 */
final class TorchStream {
  /** The end of the first pickle: an integer of ten bytes, and nothing else. */
  private static final byte[] MAGIC = {
    (byte) 0x8a,
    10,
    0x6c,
    (byte) 0xfc,
    (byte) 0x9c,
    0x46,
    (byte) 0xf9,
    0x20,
    0x6a,
    (byte) 0xa8,
    0x50,
    0x19,
    '.'
  };

  /** Where it begins: behind the protocol, which from 4 on is followed by a frame's length. */
  private static final int[] MAGIC_AT = {2, 11};

  private static final long VERSION = 1001;
  private static final int MAX_PICKLE_BYTES = 16 << 20;
  private static final int TAR_MAGIC_AT = 257;

  private final FileChannel channel;
  private final Path file;
  private final ByteBuffer pickles;

  /** By key; where they lie is not known before all are. */
  private final Map<String, TorchStorage> storages = new LinkedHashMap<>();

  private TorchStream(FileChannel channel, Path file, ByteBuffer pickles) {
    this.channel = channel;
    this.file = file;
    this.pickles = pickles;
  }

  /**
   * Tells whether a file is of this kind.
   *
   * @throws FormatException if it is of an even older one, or no file of {@code torch.save}
   */
  static boolean isOne(FileChannel channel, Path file) throws IOException {
    int length = (int) Math.min(TAR_MAGIC_AT + 8, channel.size());
    byte[] begin = PositionalRead.read(channel, file, "begin", 0, length).array();
    if (Arrays.stream(MAGIC_AT).anyMatch(at -> hasAt(begin, at, MAGIC))) {
      return true;
    }
    if (hasAt(begin, TAR_MAGIC_AT, "ustar".getBytes(StandardCharsets.US_ASCII))) {
      throw FormatException.of(
          file,
          "is a tar archive, as torch.save wrote them before PyTorch 0.2: write it anew with"
              + " torch.save(torch.load(path), path)");
    }
    if (hasAt(begin, 0, "version https://git-lfs".getBytes(StandardCharsets.US_ASCII))) {
      throw FormatException.of(file, "is a pointer of Git LFS: fetch the file that it stands for");
    }
    return false;
  }

  private static boolean hasAt(byte[] bytes, int at, byte[] wanted) {
    return bytes.length >= at + wanted.length
        && Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length);
  }

  /** Returns what was saved. */
  static Object load(FileChannel channel, Path file) throws IOException {
    int length = (int) Math.min(MAX_PICKLE_BYTES, channel.size());
    ByteBuffer pickles = PositionalRead.read(channel, file, "pickles", 0, length);
    for (int at : MAGIC_AT) {
      if (hasAt(pickles.array(), at, MAGIC)) {
        pickles.position(at + MAGIC.length);
      }
    }
    return new TorchStream(channel, file, pickles).load();
  }

  private Object load() throws IOException {
    require("version", VERSION, next(this::none));
    if (!(next(this::none) instanceof PickleDict machine)) {
      throw FormatException.of(file, "does not say what kind of machine wrote it");
    }
    require("little_endian", true, machine.get("little_endian").orElse("nothing"));
    int object = pickles.position();
    next(this::listed);
    Map<String, TorchStorage> placed = placed(keys(next(this::none)));
    pickles.position(object);
    return next((key, dtype, elements) -> placed.get(key));
  }

  private Object next(Unpickler.Storages found) throws IOException {
    return Unpickler.load(file, pickles, found);
  }

  private void require(String what, Object expected, Object found) throws FormatException {
    if (!expected.equals(found)) {
      throw FormatException.mismatch(file, what, expected, found);
    }
  }

  private TorchStorage none(String key, DType dtype, long elements) throws FormatException {
    throw FormatException.of(file, "storage " + key + " is named outside of what was saved");
  }

  private TorchStorage listed(String key, DType dtype, long elements) throws FormatException {
    TorchStorage storage = new TorchStorage(file, key, dtype, 0, elements);
    TorchStorage earlier = storages.putIfAbsent(key, storage);
    if (earlier != null) {
      require(
          "storage " + key,
          earlier.elements() + " elements " + earlier.dtype(),
          elements + " elements " + dtype);
    }
    return storage;
  }

  private List<String> keys(Object list) throws FormatException {
    List<String> keys = new ArrayList<>();
    if (list instanceof PickleSequence sequence) {
      for (Object key : sequence.elements()) {
        keys.add(String.valueOf(key));
      }
    }
    if (!storages.keySet().equals(Set.copyOf(keys)) || keys.size() != storages.size()) {
      throw FormatException.mismatch(
          file,
          "keys of storages",
          storages.keySet().size() + " that are used, once each",
          keys.size());
    }
    return keys;
  }

  /** Finds where each storage lies, in the order of their keys. */
  private Map<String, TorchStorage> placed(List<String> keys) throws IOException {
    Map<String, TorchStorage> placed = new HashMap<>();
    long at = pickles.position();
    for (String key : keys) {
      TorchStorage storage = storages.get(key);
      String part = "storage " + key;
      long elements = PositionalRead.read(channel, file, part, at, Long.BYTES).getLong();
      require(part + ": elements", storage.elements(), elements);
      at += Long.BYTES;
      // Divided, because the product might overflow.
      if (elements > (channel.size() - at) / storage.dtype().bytes()) {
        throw FormatException.mismatch(
            file, part, elements + " elements " + storage.dtype(), channel.size() - at + " bytes");
      }
      placed.put(key, new TorchStorage(file, key, storage.dtype(), at, elements));
      at += elements * storage.dtype().bytes();
    }
    return placed;
  }
}
