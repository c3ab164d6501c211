package org.sae4j.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sae4j.Fixtures;
import org.sae4j.format.FormatException;
import org.sae4j.latents.LatentState;
import org.sae4j.latents.TopContexts;

/** A checkpoint is whole at any time, and what it holds is what a run can have found. */
class CheckpointTest {
  private static final Path FORGED = Fixtures.path("cases/unclear/c.checkpoint");
  private static final int DIGEST_BYTES = 32;

  @TempDir private Path folder;

  /** A state of one number, which looks at what there is while it is written. */
  private static class Number implements PassState {
    long value;

    Number(long value) {
      this.value = value;
    }

    @Override
    public long done() {
      return 0;
    }

    @Override
    public void addTime(long nanos) {}

    @Override
    public void visit(Archive archive) {
      value = archive.number(value);
    }
  }

  private Checkpoint checkpoint() {
    return Checkpoint.of(folder.resolve("run.checkpoint"), "{}");
  }

  private static LatentState latents() {
    return new LatentState(new TopContexts(16, latent -> true, 3, 2));
  }

  /** A copy would be half a checkpoint for a while, and the last thing that is written. */
  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "files have no keys")
  void itTakesItsPlaceInOneStep() throws IOException {
    Checkpoint checkpoint = checkpoint();
    checkpoint.save(new Number(1));
    Object first = key(checkpoint.file());
    Object[] beside = new Object[1];
    checkpoint.save(
        new Number(2) {
          @Override
          public void visit(Archive archive) {
            beside[0] = only(first);
            super.visit(archive);
          }
        });

    assertThat(key(checkpoint.file())).isEqualTo(beside[0]);
    Number read = new Number(0);
    checkpoint.load(read);
    assertThat(read.value).isEqualTo(2);
    assertThat(folder.toFile().list()).containsExactly("run.checkpoint");
  }

  /** The file that is there beside the one with this key. */
  private Object only(Object other) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(CheckpointTest::key)
          .filter(key -> !key.equals(other))
          .reduce(
              (a, b) -> {
                throw new IllegalStateException("several");
              })
          .orElseThrow();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object key(Path file) {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void oneProcessGoesOnWithIt() throws IOException {
    Checkpoint checkpoint = checkpoint();
    try (Closeable reserved = Checkpoint.reserve(checkpoint.file())) {
      assertThat(reserved).isNotNull();
      checkpoint.save(new Number(1));
      assertThatThrownBy(() -> Checkpoint.reserve(checkpoint.file()))
          .hasMessage(checkpoint.file() + ": another process is writing it");
    }
    Checkpoint.reserve(checkpoint.file()).close();
    assertThat(folder.toFile().list()).containsExactly("run.checkpoint");
  }

  /** Its checksum is right, and a position in it is one that no sequence has. */
  @Test
  void aForgedOneIsRefusedByName() {
    assertThatThrownBy(() -> of(FORGED).load(latents()))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(FORGED + ": a checkpoint of another run: ");
  }

  /** Each changes eight bytes of a checkpoint of latents, counted from its end. */
  @ParameterizedTest
  @CsvSource({
    "32, -1, expected a number from 0",
    "32, 2, expected contexts of 2 sequences",
    "56, -5, expected a number from 0",
    "56, 9, token 9 of 2",
    "72, 4294967296, overflow",
    "80, 7, expected contexts of 3 sequences",
    "88, 2147483648, expected an array"
  })
  void whatNoRunHasFoundIsRefused(int fromEnd, long value, String said) throws Exception {
    ByteBuffer content = sound();
    LatentState read = latents();
    load(content, read);
    assertThat(read.sequences()).isEqualTo(3);
    content.putLong(content.limit() - fromEnd, value);

    assertThatThrownBy(() -> load(content, latents()))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(checkpoint().file() + ": a checkpoint of another run: ")
        .hasMessageContaining(said);
  }

  /** What the forged one was before, without its checksum. */
  private static ByteBuffer sound() throws IOException {
    byte[] whole = Files.readAllBytes(FORGED);
    ByteBuffer content = ByteBuffer.wrap(Arrays.copyOf(whole, whole.length - DIGEST_BYTES));
    for (int at = content.limit() % Long.BYTES; at < content.limit(); at += Long.BYTES) {
      long value = content.getLong(at);
      if (value == 3312172155614155460L || value == 64) {
        content.putLong(at, 1);
      } else if (value == 1L << 31) {
        content.putLong(at, 3);
      }
    }
    return content;
  }

  private void load(ByteBuffer content, LatentState state) throws Exception {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.writeBytes(content.array());
    whole.writeBytes(MessageDigest.getInstance("SHA-256").digest(content.array()));
    Files.write(checkpoint().file(), whole.toByteArray());
    of(checkpoint().file()).load(state);
  }

  private static Checkpoint of(Path file) {
    return Checkpoint.of(file, "{\"x\":1}");
  }
}
