package org.sae4j.format.sae;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.sae4j.format.torch.TorchArchive;

/**
 * A file or folder that may be an SAE.
 *
 * <p>A torch archive is read once, however many formats have to look into it to tell whether it is
 * theirs.
 */
public final class SaeSource {
  private final Path path;
  private Optional<TorchArchive> archive = Optional.empty();

  /** Takes a path, which is not looked at yet. */
  public SaeSource(Path path) {
    this.path = path;
  }

  /** The file or folder. */
  public Path path() {
    return path;
  }

  /** Tells whether it is a file with the name or the first bytes of a torch archive. */
  boolean isArchive() throws IOException {
    return !Files.isDirectory(path) && TorchArchive.isNamedLikeOne(path);
  }

  /** The content of a torch archive. */
  TorchArchive archive() throws IOException {
    if (archive.isEmpty()) {
      archive = Optional.of(TorchArchive.read(path));
    }
    return archive.get();
  }

  /** The content of an archive that is this one, or lies in this folder. */
  TorchArchive archive(Path file) throws IOException {
    return file.equals(path) ? archive() : TorchArchive.read(file);
  }
}
