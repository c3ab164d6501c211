package org.sae4j.pass;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.AtomicFile;

/**
 * A file in which a run keeps what it has found, so that one that was killed can go on.
 *
 * <p>The file is written beside and then moved: whenever the process ends, it is complete. It holds
 * a line that says what it is, the identity, what was found, and a SHA-256 of all that.
 *
 * @param file the file; it need not be there
 * @param identity says which run it is, in any form: model, SAEs, corpus and options, so that no
 *     other one goes on with it
 * @param every how much time is between two times that it is written, at least
 */
public record Checkpoint(Path file, String identity, Duration every) {
  private static final byte[] MAGIC = "sae4j checkpoint 1\n".getBytes(StandardCharsets.US_ASCII);
  private static final int DIGEST_BYTES = 32;
  private static final int LONGEST_IDENTITY = 1 << 28;

  public Checkpoint {
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(identity, "identity");
    Objects.requireNonNull(every, "every");
  }

  /** A checkpoint that is written every 30 seconds. */
  public static Checkpoint of(Path file, String identity) {
    return new Checkpoint(file, identity, Duration.ofSeconds(30));
  }

  /**
   * The identity that a file has, if it is there.
   *
   * @throws FormatException if it is no checkpoint, or a damaged one
   */
  public static Optional<String> identity(Path file) throws IOException {
    if (Files.notExists(file)) {
      return Optional.empty();
    }
    requireWhole(file);
    try (DataInputStream in = open(file)) {
      return Optional.of(readIdentity(file, in));
    }
  }

  /**
   * Keeps other processes off the file until what is returned is closed.
   *
   * @throws IOException if another process keeps it
   */
  public static Closeable reserve(Path file) throws IOException {
    return AtomicFile.reserve(file);
  }

  /** Removes the file, if it is there: the run is done. */
  public void delete() throws IOException {
    Files.deleteIfExists(file);
  }

  /** Writes what a run has found so far. */
  public void save(PassState state) throws IOException {
    AtomicFile.write(file, channel -> write(state, Channels.newOutputStream(channel)));
  }

  private void write(PassState state, OutputStream target) throws IOException {
    MessageDigest digest = sha256();
    BufferedOutputStream buffered = new BufferedOutputStream(target, 1 << 16);
    DataOutputStream out = new DataOutputStream(new DigestOutputStream(buffered, digest));
    byte[] utf8 = identity.getBytes(StandardCharsets.UTF_8);
    out.write(MAGIC);
    out.writeInt(utf8.length);
    out.write(utf8);
    ArchiveWriter.write(state, out);
    out.flush();
    buffered.write(digest.digest());
    buffered.flush();
  }

  /**
   * Reads into a state what an earlier run found, if the file is there.
   *
   * @throws FormatException if it is no checkpoint, a damaged one, or one of another run
   */
  public void load(PassState state) throws IOException {
    Optional<String> found = identity(file);
    if (found.isEmpty()) {
      return;
    }
    if (!found.get().equals(identity)) {
      throw FormatException.mismatch(file, "checkpoint of a run", identity, found.get());
    }
    try (DataInputStream in = open(file)) {
      readIdentity(file, in);
      ArchiveReader.read(state, in, Files.size(file));
      if (in.readNBytes(DIGEST_BYTES + 1).length != DIGEST_BYTES) {
        throw FormatException.of(file, "a checkpoint with more in it than this run has");
      }
    } catch (EOFException e) {
      throw FormatException.of(file, "a checkpoint with less in it than this run has", e);
    } catch (RuntimeException e) {
      // Nothing but the values of the file can be the cause, whatever they led to.
      throw FormatException.of(file, "a checkpoint of another run: " + reason(e), e);
    }
  }

  private static String reason(RuntimeException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private static DataInputStream open(Path file) throws IOException {
    return new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
  }

  private static void requireWhole(Path file) throws IOException {
    long size = Files.size(file);
    try (InputStream in = Files.newInputStream(file)) {
      if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
        throw FormatException.of(file, "this is no checkpoint of a run; move it away");
      }
    }
    MessageDigest digest = sha256();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[1 << 16];
      for (long left = size - DIGEST_BYTES; left > 0; ) {
        int count = in.read(buffer, 0, (int) Math.min(left, buffer.length));
        if (count < 0) {
          break;
        }
        digest.update(buffer, 0, count);
        left -= count;
      }
      if (!Arrays.equals(digest.digest(), in.readNBytes(DIGEST_BYTES))) {
        throw FormatException.of(
            file, "the checkpoint is damaged; delete it to begin from the start");
      }
    }
  }

  private static String readIdentity(Path file, DataInputStream in) throws IOException {
    in.skipNBytes(MAGIC.length);
    int length = in.readInt();
    if (length < 0 || length > Math.min(Files.size(file), LONGEST_IDENTITY)) {
      throw FormatException.mismatch(
          file, "length of the identity", "0 to the file's", length + " bytes");
    }
    return new String(in.readNBytes(length), StandardCharsets.UTF_8);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }
}
