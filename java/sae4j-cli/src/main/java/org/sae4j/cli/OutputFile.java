package org.sae4j.cli;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import org.sae4j.format.ReplacedFile;

/** A file that a command writes at once: it appears complete or not at all. */
final class OutputFile {
  private OutputFile() {}

  /** Writes a text, in place of a file that is already there. */
  static void write(Path target, String text) throws IOException {
    write(target, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes bytes, in place of a file that is already there. */
  static void write(Path target, byte[] bytes) throws IOException {
    ReplacedFile.write(target, channel -> Channels.newOutputStream(channel).write(bytes));
  }

  /** The exception with the file in it: that of a full disk has none. */
  static IOException named(Path target, IOException e) {
    return e instanceof FileSystemException
        ? e
        : new IOException(target + ": " + e.getMessage(), e);
  }
}
