package org.sae4j.engine.loader;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class StaleFilesTest {
  private static final Pattern OURS = Pattern.compile("ours-\\d+");

  @TempDir Path temp;
  private Path victim;

  /** What lies elsewhere and is named as what is deleted. */
  @BeforeEach
  void makeVictim() throws IOException {
    victim = filled(temp.resolve("victim"));
  }

  @Test
  void deletesWhatIsOldAndOurs() throws Exception {
    Path old = old(filled(temp.resolve("ours-1")));
    Path young = filled(temp.resolve("ours-2"));
    Path other = old(filled(temp.resolve("theirs-3")));
    deleteOld();
    assertThat(old).doesNotExist();
    assertThat(young.resolve("inner/library")).exists();
    assertThat(other.resolve("inner/library")).exists();
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "links need a privilege there")
  void followsNoLink() throws Exception {
    Path link = Files.createSymbolicLink(temp.resolve("ours-1"), victim);
    Path folder = Files.createDirectory(temp.resolve("ours-2"));
    Files.createSymbolicLink(folder.resolve("inner"), victim.resolve("inner"));
    old(folder);
    StaleFiles.delete(link);
    deleteOld();
    assertThat(link).doesNotExist();
    assertThat(folder).doesNotExist();
    assertThat(victim.resolve("inner/library")).exists();
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "files have no numbered owners there")
  void leavesWhatIsAnotherUsers() throws Exception {
    assumeTrue(System.getProperty("user.name").equals("root"), "only root can give files away");
    Path theirs = old(filled(temp.resolve("ours-1")));
    Path partlyTheirs = old(filled(temp.resolve("ours-2")));
    Files.setAttribute(theirs, "unix:uid", 54321);
    Files.setAttribute(partlyTheirs.resolve("inner/library"), "unix:uid", 54321);
    deleteOld();
    assertThat(theirs.resolve("inner/library")).exists();
    assertThat(partlyTheirs.resolve("inner/library")).exists();
  }

  /** Whoever may rename what is in the folder puts a link in its place while it is deleted. */
  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "links need a privilege there")
  void followsNoLinkThatAppearsMeanwhile() throws Exception {
    List<String> names = IntStream.range(0, 200).mapToObj(Integer::toString).toList();
    fill(victim, names);
    AtomicBoolean end = new AtomicBoolean();
    Thread deleting = new Thread(() -> deleteUntil(end));
    deleting.start();
    for (int i = 0; i < 20; i++) {
      Path name = filled(temp.resolve("ours-" + i));
      fill(name, names);
      old(name);
      Instant limit = Instant.now().plusSeconds(1);
      while (Files.exists(name.resolve("inner/199")) && Instant.now().isBefore(limit)) {
        Thread.onSpinWait();
      }
      putLinkInPlaceOf(name, temp.resolve("aside-" + i));
    }
    end.set(true);
    deleting.join();
    assertThat(victim.resolve("inner")).isDirectoryContaining(file -> file.endsWith("library"));
    for (String each : names) {
      assertThat(victim.resolve("inner").resolve(each)).exists();
    }
  }

  private void deleteUntil(AtomicBoolean end) {
    while (!end.get()) {
      deleteOld();
    }
  }

  private void putLinkInPlaceOf(Path name, Path aside) {
    try {
      Files.move(name, aside, ATOMIC_MOVE);
      Files.createSymbolicLink(name, victim);
    } catch (IOException e) {
      // it was deleted just then
    }
  }

  private static void fill(Path folder, List<String> names) throws IOException {
    for (String name : names) {
      Files.writeString(folder.resolve("inner").resolve(name), "");
    }
  }

  private void deleteOld() {
    StaleFiles.deleteIn(temp, OURS, Duration.ofDays(1));
  }

  private static Path filled(Path folder) throws IOException {
    Files.createDirectories(folder.resolve("inner"));
    Files.writeString(folder.resolve("inner/library"), "");
    return folder;
  }

  private static Path old(Path path) throws IOException {
    FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofDays(2)));
    return Files.setLastModifiedTime(path, longAgo);
  }
}
