package org.sae4j.format.torch;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.PositionalRead;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.format.container.WrappedNames;
import org.sae4j.format.container.ZipDirectory;

/**
 * The content of a file of {@code torch.save}, with tensors found but not read.
 *
 * <p>Values are {@link StoredTensor}, {@link PickleDict}, {@link PickleSequence}, {@link
 * PickleNone}, {@link PickleGlobal.Constant}, {@link PickleNumpy.Array}, String, Long, Double and
 * Boolean.
 */
public final class TorchArchive {
  private final Path file;
  private final Object root;

  private TorchArchive(Path file, Object root) {
    this.file = file;
    this.root = root;
  }

  /** Tells whether a file has the name or the first bytes of such an archive. */
  public static boolean isNamedLikeOne(Path file) throws IOException {
    String name = file.getFileName().toString();
    return name.endsWith(".pt") || name.endsWith(".pth") || ZipDirectory.isZip(file);
  }

  /** Reads a file without executing anything in it. */
  public static TorchArchive read(Path file) throws IOException {
    try (FileChannel channel = PositionalRead.open(file)) {
      if (channel.size() == 0) {
        throw FormatException.of(file, "is empty");
      }
      Object root =
          TorchStream.isOne(channel, file)
              ? TorchStream.load(channel, file)
              : TorchZip.open(file, channel).load();
      PickleNesting.check(file, root);
      return new TorchArchive(file, root);
    }
  }

  /** The object that was saved. */
  public Object root() {
    return root;
  }

  /**
   * The dict that was saved, its tensors named after their keys.
   *
   * @throws FormatException if something else was saved
   */
  public Map<String, Object> entries() throws FormatException {
    if (!(root instanceof PickleDict dict)) {
      throw FormatException.of(file, "holds no dict of tensors, but a " + describe(root));
    }
    Map<String, Object> entries = new LinkedHashMap<>();
    for (Map.Entry<Object, Object> entry : dict.entries().entrySet()) {
      if (!(entry.getKey() instanceof String key)) {
        throw FormatException.of(
            file, "holds a dict whose key " + entry.getKey() + " is no string");
      }
      Object value = entry.getValue();
      entries.put(key, value instanceof StoredTensor tensor ? tensor.named(key) : value);
    }
    return Collections.unmodifiableMap(WrappedNames.unwrap(entries));
  }

  private static String describe(Object value) {
    return value instanceof StoredTensor ? "tensor" : value.toString();
  }
}
