package org.sae4j.format.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.testing.Jvm;

/** What is left of processes that were killed goes, and nothing else. */
class AtomicFileTest {
  @TempDir Path folder;

  private Path left(String name) throws IOException {
    return Files.writeString(folder.resolve(name), "left");
  }

  private void write(String name) throws IOException {
    AtomicFile.write(
        folder.resolve(name), channel -> channel.write(ByteBuffer.wrap(new byte[] {1})));
  }

  private List<String> names() throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void whatNobodyHasIsDeleted() throws IOException {
    left(".sae4j-1.part");
    left(".sae4j-2.part");
    Path inner = Files.createDirectory(folder.resolve(".sae4j-2.part.folder"));
    Files.writeString(inner.resolve("cfg.json"), "{}");
    left(".sae4j-other");
    left("mine.part");

    write("file");

    assertThat(names()).containsExactly(".sae4j-other", "file", "mine.part");
  }

  @Test
  void aLinkIsNoLeftover() throws IOException {
    Path outside = Files.createDirectory(folder.resolve("outside"));
    Files.writeString(outside.resolve("precious"), "");
    left(".sae4j-1.part");
    Files.createSymbolicLink(folder.resolve(".sae4j-1.part.folder"), outside);
    Files.createSymbolicLink(folder.resolve(".sae4j-2.part"), outside.resolve("precious"));

    write("file");

    assertThat(outside.resolve("precious")).exists();
    assertThat(names()).contains(".sae4j-2.part");
  }

  @Test
  void whatThisProcessHasStays() throws IOException {
    try (PartFile part = PartFile.in(folder);
        Closeable reserved = AtomicFile.reserve(folder.resolve("reserved"))) {
      assertThat(reserved).isNotNull();
      write("file");
      assertThat(names()).hasSize(3);
      part.moveTo(folder.resolve("moved"));
      assertThatThrownBy(() -> AtomicFile.reserve(folder.resolve("reserved")))
          .hasMessage(folder.resolve("reserved") + ": another process is writing it");
    }
    assertThat(names()).containsExactly("file", "moved");
    AtomicFile.reserve(folder.resolve("reserved")).close();
    assertThat(names()).containsExactly("file", "moved");
  }

  /** Keeps a part file and a reservation until it is killed. */
  static final class Holder {
    public static void main(String[] args) throws Exception {
      Path folder = Path.of(args[0]);
      PartFile part = PartFile.in(folder);
      Files.createDirectory(part.folder());
      AtomicFile.reserve(folder.resolve("file"));
      System.out.println("ready");
      Thread.sleep(Long.MAX_VALUE);
    }
  }

  @Test
  void whatAnotherProcessHasStaysUntilItIsKilled(@TempDir Path logs) throws Exception {
    Path log = logs.resolve("log");
    Process holder = Jvm.of(Holder.class, folder.toString()).start(log);
    try {
      while (!Files.readString(log).strip().equals("ready")) {
        assertThat(holder.isAlive()).as(Files.readString(log)).isTrue();
        Thread.sleep(20);
      }
      write("first");
      assertThat(names()).hasSize(4);
      assertThatThrownBy(() -> AtomicFile.reserve(folder.resolve("file")))
          .hasMessageContaining("another process is writing it");
    } finally {
      holder.destroyForcibly();
    }
    assertThat(holder.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(names()).hasSize(4);
    PartFile.clean(folder, folder.resolve("first"));
    assertThat(names()).containsExactly("first");
  }

  @Test
  void anInterruptIsOne() throws IOException {
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> write("file")).isInstanceOf(ClosedByInterruptException.class);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(names()).isEmpty();
  }

  @Test
  void aFailureLeavesNothing() throws IOException {
    left("file");
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    folder.resolve("file"),
                    channel -> {
                      channel.write(ByteBuffer.wrap(new byte[] {1}));
                      throw new IOException("full");
                    }))
        .hasMessage(folder.resolve("file") + ": full");
    assertThatThrownBy(
            () ->
                AtomicFile.writeFolder(
                    folder.resolve("folder"),
                    part -> {
                      Files.writeString(part.resolve("a"), "a");
                      throw new IllegalStateException();
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(names()).containsExactly("file");
    assertThat(folder.resolve("file")).hasContent("left");
  }

  /** A copy is half a file for a while; what is moved is the file that was written. */
  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "files have no keys")
  void theFileIsMovedNotCopied() throws IOException {
    Object[] written = new Object[1];
    AtomicFile.write(
        folder.resolve("file"),
        channel -> {
          channel.write(ByteBuffer.wrap(new byte[] {1}));
          written[0] = key(folder.resolve(names().get(0)));
        });
    assertThat(key(folder.resolve("file"))).isEqualTo(written[0]);
  }

  private static Object key(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }
}
