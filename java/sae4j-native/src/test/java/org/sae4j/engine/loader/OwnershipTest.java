package org.sae4j.engine.loader;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.attribute.PosixFilePermission.OTHERS_WRITE;
import static java.nio.file.attribute.PosixFilePermission.OWNER_EXECUTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.engine.loader.LoadingJvm.Output;

/** Nothing is loaded that another user can have put there. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "files have no modes there")
class OwnershipTest {
  private static final int ANOTHER_USER = 54321;

  @TempDir static Path shared;
  private static Path jar;
  private static LibraryList list;

  @TempDir Path temp;
  private Path cache;
  private Path folder;
  private Path temporary;

  @BeforeAll
  static void makeJar() throws IOException {
    Path libraries = LoadingJvm.folderOfLibraries();
    jar = LoadingJvm.jar(libraries, shared.resolve("libraries.jar"));
    Path file = libraries.resolve("org/sae4j/native").resolve(Loader.getPlatform());
    list = LibraryList.read(Files.newInputStream(file.resolve(LibraryList.FILE)), "" + file);
  }

  /** A cache that has all libraries already, whoever put them there. */
  @BeforeEach
  void fillCache() throws IOException {
    cache = Files.createDirectory(temp.resolve("cache"));
    temporary = Files.createDirectory(temp.resolve("tmp"));
    folder = Files.createDirectories(cache.resolve("sae4j/native").resolve(list.folder()));
    Path libraries =
        LoadingJvm.folderOfLibraries().resolve("org/sae4j/native").resolve(Loader.getPlatform());
    for (LibraryList.Library library : list.libraries()) {
      Files.copy(libraries.resolve(library.file()), folder.resolve(library.file()));
    }
  }

  @Test
  void aCacheOfTheUserIsUsed() throws Exception {
    assertUsed(run());
  }

  /** As with sudo, which may leave XDG_CACHE_HOME and HOME as they are. */
  @ParameterizedTest
  @ValueSource(strings = {"", "sae4j", "sae4j/native"})
  void aFolderOfAnotherUserIsPassedOver(String name) throws Exception {
    give(cache.resolve(name));
    assertPassedOver(run(), cache.resolve(name), "it belongs to another user (54321)");
  }

  @Test
  void nothingIsMadeInACacheOfAnotherUser() throws Exception {
    StaleFiles.delete(cache.resolve("sae4j"));
    give(cache);
    assertPassedOver(run(), cache, "it belongs to another user");
    assertThat(cache).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxrwxrwx", "rwxr-xrwx"})
  void aFolderThatOthersMayWriteIsPassedOver(String permissions) throws Exception {
    for (Path each : List.of(cache, folder.getParent(), folder)) {
      setPermissions(each, permissions);
      assertPassedOver(run(), each, "other users may write to it");
      setPermissions(each, "rwxr-xr-x");
    }
  }

  /** In such a folder others can put a library where there is none yet. */
  @Test
  void inAStickyFolderOnlyAFolderOfTheUserIsUsed() throws Exception {
    Files.setAttribute(cache, "unix:mode", 01777);
    assertUsed(run());
    give(cache.resolve("sae4j"));
    assertPassedOver(run(), cache.resolve("sae4j"), "another user");
  }

  @Test
  void librariesInAStickyFolderAreNotUsed() throws Exception {
    Files.setAttribute(folder, "unix:mode", 01777);
    assertPassedOver(run(), folder, "other users may write to it (mode 1777)");
  }

  @Test
  void theGroupOfTheUserAloneMayWrite() throws Exception {
    assumeTrue(Files.getAttribute(cache, "unix:gid").equals(Files.getAttribute(cache, "unix:uid")));
    setPermissions(cache, "rwxrwxr-x");
    assertUsed(run());
    Files.setAttribute(cache, "unix:gid", ANOTHER_USER);
    assertPassedOver(run(), cache, "other users may write to it (mode 775)");
  }

  @Test
  void aLinkOfTheUserIsFollowedAndOneOfAnotherIsNot() throws Exception {
    Path link = Files.createSymbolicLink(temp.resolve("link"), Path.of("tmp/../cache"));
    assertThat(run(link).text()).contains("folder for extracted libraries: " + folder);
    assumeRoot();
    Files.setAttribute(link, "unix:uid", ANOTHER_USER, NOFOLLOW_LINKS);
    assertPassedOver(run(link), link, "it belongs to another user");
  }

  @Test
  void linksThatGoRoundAreNoCache() throws Exception {
    Path link = Files.createSymbolicLink(temp.resolve("link"), temp.resolve("other"));
    Files.createSymbolicLink(temp.resolve("other"), link);
    assertThat(run(link).text())
        .contains("passed over", "FileSystemLoopException: " + link)
        .contains("folder for extracted libraries: " + temporary);
  }

  @Test
  void aLibraryOfAnotherUserIsReplaced() throws Exception {
    give(first());
    assertUsed(run());
    assertThat(Files.getAttribute(first(), "unix:uid")).isNotEqualTo(ANOTHER_USER);
  }

  @Test
  void aLibraryThatOthersMayWriteIsReplaced() throws Exception {
    setPermissions(first(), "rw-rw-rw-");
    assertUsed(run());
    assertThat(Files.getPosixFilePermissions(first()))
        .contains(OWNER_EXECUTE)
        .doesNotContain(OTHERS_WRITE);
  }

  @Test
  void aLinkInThePlaceOfALibraryIsReplaced() throws Exception {
    Path elsewhere = Files.move(first(), temp.resolve("elsewhere"));
    Files.createSymbolicLink(first(), elsewhere);
    assertUsed(run());
    assertThat(first()).isRegularFile();
    assertThat(Files.isSymbolicLink(first())).isFalse();
    assertThat(elsewhere).exists();
  }

  /** The volumes of containers are open to all. */
  @Test
  void aFolderThatTheUserNamesMayBeOpenToAllButNothingInIt() throws Exception {
    Path named = folder.getParent();
    setPermissions(named, "rwxrwxrwx");
    assertThat(runNamed(named).text())
        .contains("folder for extracted libraries: " + folder)
        .contains("loaded: ");
    setPermissions(folder, "rwxrwxrwx");
    assertThat(runNamed(named).text())
        .contains("failed: Cannot use a folder for the native libraries: " + named)
        .contains(folder + ": other users may write to it (mode 777)")
        .contains("-Dorg.sae4j.library.cache=FOLDER");
  }

  private Output run() throws Exception {
    return run(cache);
  }

  private Output run(Path cache) throws Exception {
    return new LoadingJvm(jar)
        .environment("XDG_CACHE_HOME", cache.toString())
        .at(temp, temporary)
        .logging(temp.resolve("logging.properties"))
        .run();
  }

  private Output runNamed(Path named) throws Exception {
    return new LoadingJvm(jar)
        .with(ExtractionPlace.CACHE, named)
        .logging(temp.resolve("logging.properties"))
        .run();
  }

  private void assertUsed(Output output) {
    assertThat(output.text())
        .contains("folder for extracted libraries: " + folder, "loaded: ")
        .doesNotContain("passed over");
  }

  private void assertPassedOver(Output output, Path what, String why) throws IOException {
    assertThat(output.text())
        .containsPattern("passed over: \\S+/sae4j/native: (\\S+: )?" + what + ": ")
        .contains(why)
        .contains("folder for extracted libraries: " + temporary)
        .contains("loaded: ");
    try (Stream<Path> left = Files.list(temporary)) {
      assertThat(left.filter(it -> it.getFileName().toString().startsWith("sae4j"))).isEmpty();
    }
  }

  private Path first() {
    return folder.resolve(list.libraries().get(0).file());
  }

  private static void give(Path path) throws IOException {
    assumeRoot();
    Files.setAttribute(path, "unix:uid", ANOTHER_USER);
  }

  private static void assumeRoot() throws IOException {
    assumeTrue(System.getProperty("user.name").equals("root"), "only root can give files away");
  }

  private static void setPermissions(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }
}
