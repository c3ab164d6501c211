package org.sae4j.engine.loader;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.ListAssert;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.engine.loader.LoadingJvm.Output;

/** Where the libraries come from and where they are put, in good circumstances and in bad ones. */
class NativeEngineLoadTest {
  private static final String ADVICE = "-Dorg.sae4j.library.cache=FOLDER";

  @TempDir static Path shared;
  private static Path jar;

  @TempDir Path temp;

  @BeforeAll
  static void makeJar() throws IOException {
    jar = LoadingJvm.jar(LoadingJvm.folderOfLibraries(), shared.resolve("libraries.jar"));
  }

  @Test
  void extractsToTheCacheOfTheUser() throws Exception {
    Path home = Files.createDirectory(temp.resolve("home"));
    Path unused = Files.createDirectory(temp.resolve("tmp"));
    assertLoaded(new LoadingJvm(jar).at(home, unused).run());

    Path folder = home.resolve(".cache/sae4j/native").resolve(list().folder());
    assertNamesIn(folder).containsExactlyInAnyOrderElementsOf(fileNames());
    assertNamesIn(home).containsExactly(".cache"); // and no .javacpp
    assertThat(unused).isEmptyDirectory();
  }

  @Test
  void tellsEachStep() throws Exception {
    Output output = jvm().logging(temp.resolve("logging.properties")).run();
    assertThat(output.text())
        .containsSubsequence(
            "1. OPENBLAS_CORETYPE: not set",
            "2. source: jar:file:",
            "3. folder for extracted libraries: " + temp.resolve("cache"),
            "4. jnisae4j_cpu: ",
            ". sae4j: ",
            ". jnisae4j: ",
            ". OpenBLAS: in use");
  }

  @Test
  void replacesALibraryThatLostItsEnd() throws Exception {
    assertLoaded(jvm().run());
    Path library = temp.resolve("cache").resolve(list().folder()).resolve(fileNames().get(0));
    Files.write(library, new byte[100]);

    assertLoaded(jvm().run());
    assertThat(library).hasSize(list().libraries().get(0).size());
  }

  @Test
  void replacesALibraryThatIsFullOfZeros() throws Exception {
    assertLoaded(jvm().run());
    LibraryList.Library last = list().libraries().get(list().libraries().size() - 1);
    Path library = temp.resolve("cache").resolve(list().folder()).resolve(last.file());
    Files.write(library, new byte[(int) last.size()]);

    assertLoaded(jvm().run());
    assertThat(last.isIn(library)).isTrue();
  }

  @Test
  void saysThatALibraryIsShorterInTheJarThanListed() throws Exception {
    Path last = damaged(bytes -> Arrays.copyOf(bytes, bytes.length - 1));
    Path cache = temp.resolve("cache");
    Output output = new LoadingJvm(damagedJar()).with(ExtractionPlace.CACHE, cache).run();
    assertThat(output.first())
        .startsWith("failed: ")
        .contains("libraries.txt: " + last.getFileName() + " has ")
        .contains(Files.size(last) + " bytes, expected " + (Files.size(last) + 1))
        .contains("the jar is damaged");
    assertThat(cache.resolve(list().folder()).resolve(last.getFileName())).doesNotExist();
  }

  @Test
  void saysThatALibraryHasOtherBytesInTheJarThanListed() throws Exception {
    Path last =
        damaged(
            bytes -> {
              bytes[bytes.length / 2] ^= 1;
              return bytes;
            });
    Output output = new LoadingJvm(damagedJar()).at(belowAFile(), temp).run();
    assertThat(output.first())
        .startsWith("failed: ")
        .contains(last.getFileName() + " has other bytes", "the jar is damaged");
    assertNamesIn(temp).filteredOn(name -> name.startsWith("sae4j-native-")).isEmpty();
  }

  /** JavaCPP's cache would take the first one's libraries for the second's. */
  @Test
  void differentBytesOfOneSizeGoToDifferentFolders() throws Exception {
    assertLoaded(jvm().run());
    Path other = Files.createDirectories(temp.resolve("other"));
    copyTree(LoadingJvm.folderOfLibraries(), other);
    Path list = entries(other).resolve(LibraryList.FILE);
    Files.writeString(
        list, Files.readString(list).replaceFirst("-[0-9a-f]{16}", "-0123456789abcdef"));

    Path otherJar = LoadingJvm.jar(other, temp.resolve("other.jar"));
    assertLoaded(new LoadingJvm(otherJar).with(ExtractionPlace.CACHE, temp.resolve("cache")).run());
    assertNamesIn(temp.resolve("cache")).hasSize(2);
  }

  @Test
  void loadsFromTheFolderThatTheUserNames() throws Exception {
    Path nothing = Files.createDirectory(temp.resolve("nothing"));
    assertLoaded(
        new LoadingJvm(nothing)
            .with(LibrarySource.PATH, entries(LoadingJvm.folderOfLibraries()))
            .run());
  }

  @Test
  void saysThatTheFolderThatTheUserNamesHasNoLibraries() throws Exception {
    assertThat(jvm().with(LibrarySource.PATH, temp).run().first())
        .startsWith("failed: ")
        .contains("org.sae4j.library.path", temp.toString(), "libraries.txt");
  }

  @Test
  void saysThatTheJarOfLibrariesIsMissing() throws Exception {
    Path nothing = Files.createDirectory(temp.resolve("nothing"));
    assertThat(new LoadingJvm(nothing).run().first())
        .isEqualTo(
            "failed: No native libraries for %s on the class path: they are in sae4j-native-VERSION-%1$s.jar; is it there?"
                .formatted(Loader.getPlatform()));
  }

  @Test
  void saysWhatToSetIfTheChosenCacheFolderCannotBeWritten() throws Exception {
    Path folder = belowAFile();
    Output output = new LoadingJvm(jar).with(ExtractionPlace.CACHE, folder).run();
    assertThat(output.first()).startsWith("failed: ").contains(folder.toString(), ADVICE);
  }

  @Test
  void usesATemporaryFolderIfTheHomeCannotBeWritten() throws Exception {
    Path temporary = Files.createDirectory(temp.resolve("tmp"));
    assertLoaded(new LoadingJvm(jar).at(belowAFile(), temporary).run());
    assertNamesIn(temporary).filteredOn(name -> name.startsWith("sae4j")).isEmpty();
  }

  @Test
  void usesATemporaryFolderIfThereIsNoHome() throws Exception {
    Path empty = Files.createDirectory(temp.resolve("empty"));
    assertLoaded(new LoadingJvm(jar).in(empty).at(Path.of("?"), temp).run());
    assertThat(empty).isEmptyDirectory();
  }

  @Test
  void saysWhatToSetIfNoFolderCanBeWritten() throws Exception {
    Path folder = belowAFile();
    Output output = new LoadingJvm(jar).at(folder, folder).run();
    assertThat(output.first())
        .startsWith("failed: ")
        .contains(folder.resolve(".cache/sae4j/native").toString(), folder + ": ", ADVICE);
  }

  @Test
  void repeatsAFailure() throws Exception {
    Output output = new LoadingJvm(jar).with(ExtractionPlace.CACHE, belowAFile()).run();
    assertThat(output.lines()).hasSize(2);
    assertThat(output.lines().get(1)).isEqualTo(output.first());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void extractsToAFolderWithAnUnusualName() throws Exception {
    String script =
        "name=$(printf 'a folder, \\303\\274nusual'); shift; java=$1; shift;"
            + " exec \"$java\" \"-Dorg.sae4j.library.cache=$0/$name\" \"$@\"";
    LoadingJvm jvm = new LoadingJvm(jar).shell(script.replace("$0", temp.toString()), "");
    assertLoaded(jvm.environment("LC_ALL", "C.UTF-8").run());
    try (Stream<Path> found = Files.list(temp)) {
      assertThat(found).hasSize(1);
    }
  }

  /** In this locale Java cannot name such a home at all. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void usesATemporaryFolderIfTheLocaleDoesNotKnowTheLettersOfTheHome() throws Exception {
    String script =
        "home=$(printf '%s/\\303\\274' \"$1\"); mkdir \"$home\"; shift; java=$1; shift;"
            + " exec \"$java\" \"-Duser.home=$home\" \"$@\"";
    LoadingJvm jvm = new LoadingJvm(jar).shell(script, temp.toString());
    assertLoaded(jvm.environment("LC_ALL", "C").run());
  }

  @Test
  void eightJvmsStartAtOnceWithAnEmptyCache() throws Exception {
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      processes.add(jvm().start());
    }
    for (Process process : processes) {
      assertLoaded(LoadingJvm.outputOf(process));
    }
    Path folder = temp.resolve("cache").resolve(list().folder());
    assertNamesIn(folder).containsExactlyInAnyOrderElementsOf(fileNames());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void passesOverAFolderThatIsMountedNoexec() throws Exception {
    Path home = mountPoint();
    Path temporary = Files.createDirectory(temp.resolve("tmp"));
    assertLoaded(inNoexecMount(home).at(home, temporary).run());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void saysThatTheChosenFolderIsMountedNoexec() throws Exception {
    Path folder = mountPoint();
    assertThat(inNoexecMount(folder).with(ExtractionPlace.CACHE, folder).run().first())
        .startsWith("failed: ")
        .contains(folder.toString(), "noexec", ADVICE);
  }

  /** Loads, and initialises whatever is generated. */
  public static final class WholeBinding {
    private WholeBinding() {}

    public static void main(String[] args) throws Exception {
      LoadingJvm.Program.tryToLoad();
      for (String name : System.getProperty("classes").split(",")) {
        Class.forName(name);
      }
    }
  }

  @Test
  void javaCppMakesNoFolder() throws Exception {
    Path home = Files.createDirectory(temp.resolve("home"));
    URI classes = NativeEngine.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    try (Stream<Path> generated = Files.walk(Path.of(classes).resolve("org/sae4j/engine"))) {
      List<String> names =
          generated
              .map(file -> Path.of(classes).relativize(file).toString())
              .filter(file -> file.matches(".*sae4j_?\\w*\\.class"))
              .map(file -> file.replaceAll("\\.class$", "").replaceAll("[/\\\\]", "."))
              .toList();
      assertThat(names).hasSizeGreaterThan(20);
      String pointers =
          Stream.of("Byte", "Double", "Float", "Int", "Long", "SizeT")
              .map(kind -> ",org.bytedeco.javacpp." + kind + "Pointer")
              .collect(Collectors.joining());
      LoadingJvm jvm = jvm().program(WholeBinding.class).in(home).with("user.home", home);
      Output output = jvm.with("classes", String.join(",", names) + pointers).run();
      assertThat(output.text()).startsWith("loaded: ").hasLineCount(1);
    }
    assertThat(home).isEmptyDirectory();
  }

  /** Tries to load with little memory left, then with enough. */
  public static final class ShortOfMemory {
    private ShortOfMemory() {}

    public static void main(String[] args) throws Exception {
      String status = Files.readString(Path.of("/proc/self/status"));
      Matcher used = Pattern.compile("VmSize:\\s+(\\d+) kB").matcher(status);
      used.find();
      limit(String.valueOf((Long.parseLong(used.group(1)) + Long.getLong("left")) << 10));
      LoadingJvm.Program.tryToLoad();
      limit("unlimited");
      LoadingJvm.Program.tryToLoad();
    }

    private static void limit(String bytes) throws Exception {
      String pid = String.valueOf(ProcessHandle.current().pid());
      new ProcessBuilder("prlimit", "--pid", pid, "--as=" + bytes + ":")
          .inheritIO()
          .start()
          .waitFor();
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void loadsWhenThereIsMemoryAgain() throws Exception {
    assertLoaded(jvm().run());
    Output output = jvm().program(ShortOfMemory.class).with("left", 8000).run();
    assertThat(output.text())
        .containsPattern("failed: .*: out of memory: .* \\d{6,} bytes")
        .doesNotContain("noexec")
        .contains("loaded: ");
  }

  private Path mountPoint() throws Exception {
    Process trial = new ProcessBuilder("unshare", "-m", "true").start();
    assumeTrue(trial.waitFor() == 0, "may not mount");
    return Files.createDirectory(temp.resolve("noexec"));
  }

  private static LoadingJvm inNoexecMount(Path folder) {
    String script =
        "folder=$1; shift; exec unshare -m sh -c"
            + " 'mount -t tmpfs -o noexec none \"$0\" && exec \"$@\"' \"$folder\" \"$@\"";
    return new LoadingJvm(jar).shell(script, folder.toString());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void saysThatALibraryIsForAnotherProcessor() throws Exception {
    Path folder = copyOfLibraries();
    Path library = folder.resolve(fileNames().get(0));
    byte[] elf = Files.readAllBytes(library);
    elf[18] = (byte) 0xf3; // e_machine: RISC-V
    Files.write(library, elf);
    assertThat(jvm().with(LibrarySource.PATH, folder).run().first())
        .startsWith("failed: ")
        .contains(library.getFileName().toString(), "another kind of processor");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void saysThatGlibcIsTooOld() throws Exception {
    Path folder = copyOfLibraries();
    assumeTrue(
        needNewerGlibc(folder.resolve(fileNames().get(0)), "2.2.5"), "made for another glibc");
    assertThat(jvm().with(LibrarySource.PATH, folder).run().first())
        .startsWith("failed: ")
        .contains("it needs glibc 9.9.9 or newer, and this system's is older");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void runsWithoutOpenBlasIfGlibcIsTooOldForIt() throws Exception {
    Path folder = copyOfLibraries();
    Path support = folder.resolve("libgcc_s.so.1");
    assumeTrue(needNewerGlibc(support, "2.2.5"), "made for another glibc");
    Output output = jvm().with(LibrarySource.PATH, folder).run();
    assertLoaded(output);
    assertThat(output.first())
        .startsWith("loaded: libgcc_s.so.1: it needs glibc 9.9.9 or newer")
        .doesNotContain("NO_AFFINITY");
  }

  @Test
  void runsWithoutOpenBlasIfItIsNotThere() throws Exception {
    Path folder = copyOfLibraries();
    Path openBlas = list().openBlas(folder);
    Files.delete(openBlas);
    Output output = jvm().with(LibrarySource.PATH, folder).run();
    assertLoaded(output);
    assertThat(output.first()).startsWith("loaded: " + openBlas.getFileName() + ": ");
  }

  @Test
  void openBlasUsesAvx512WhereThereIsAny() throws Exception {
    Path cpu = Path.of("/proc/cpuinfo");
    assumeTrue(Files.isReadable(cpu) && Files.readString(cpu).contains(" avx512vl "));
    assertThat(jvm().run().first()).containsPattern("SkylakeX|Cooperlake|SapphireRapids");
  }

  /** A copy of the libraries, in which the last one was changed; returns that. */
  private Path damaged(UnaryOperator<byte[]> damage) throws IOException {
    Path libraries = Files.createDirectory(temp.resolve("libraries"));
    copyTree(LoadingJvm.folderOfLibraries(), libraries);
    Path last = entries(libraries).resolve(fileNames().get(fileNames().size() - 1));
    Files.write(last, damage.apply(Files.readAllBytes(last)));
    return last;
  }

  private Path damagedJar() throws IOException {
    return LoadingJvm.jar(temp.resolve("libraries"), temp.resolve("damaged.jar"));
  }

  private LoadingJvm jvm() {
    return new LoadingJvm(jar).with(ExtractionPlace.CACHE, temp.resolve("cache"));
  }

  /** A folder that even root cannot create: its parent is a file. */
  private Path belowAFile() throws IOException {
    return Files.writeString(temp.resolve("file"), "").resolve("cache");
  }

  private static void assertLoaded(Output output) {
    assertThat(output.lines()).hasSize(2).allMatch(line -> line.startsWith("loaded: "));
    assertThat(output.exitCode()).isZero();
  }

  private static ListAssert<String> assertNamesIn(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return assertThat(entries.map(entry -> entry.getFileName().toString()).toList());
    }
  }

  private static Path entries(Path libraries) {
    return libraries.resolve("org/sae4j/native").resolve(Loader.getPlatform());
  }

  private static LibraryList list() throws IOException {
    Path file = entries(LoadingJvm.folderOfLibraries()).resolve(LibraryList.FILE);
    return LibraryList.read(Files.newInputStream(file), file.toString());
  }

  private static List<String> fileNames() throws IOException {
    return list().libraries().stream().map(LibraryList.Library::file).toList();
  }

  private Path copyOfLibraries() throws IOException {
    Path folder = temp.resolve("copy");
    copyTree(entries(LoadingJvm.folderOfLibraries()), folder);
    return folder;
  }

  private static void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)), REPLACE_EXISTING);
      }
    }
  }

  /** Makes a library need a glibc that there is not, where it needs this one; tells if it does. */
  private static boolean needNewerGlibc(Path library, String version) throws IOException {
    byte[] elf = Files.readAllBytes(library);
    byte[] name = ("GLIBC_" + version + "\0").getBytes(US_ASCII);
    replace(elf, elfHash("GLIBC_" + version), elfHash("GLIBC_9.9.9"));
    boolean found = count(elf, name) > 0;
    replace(elf, name, "GLIBC_9.9.9\0".getBytes(US_ASCII));
    Files.write(library, elf);
    return found;
  }

  /** The hash that stands in an ELF file beside the name of a version. */
  private static byte[] elfHash(String name) {
    int h = 0;
    for (char c : name.toCharArray()) {
      h = (h << 4) + c;
      int high = h & 0xf0000000;
      h = (h ^ high >>> 24) & ~high;
    }
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(h).array();
  }

  private static void replace(byte[] bytes, byte[] from, byte[] to) {
    for (int at = 0; at <= bytes.length - from.length; at++) {
      if (isAt(bytes, at, from)) {
        System.arraycopy(to, 0, bytes, at, to.length);
      }
    }
  }

  private static int count(byte[] bytes, byte[] wanted) {
    int count = 0;
    for (int at = 0; at <= bytes.length - wanted.length; at++) {
      count += isAt(bytes, at, wanted) ? 1 : 0;
    }
    return count;
  }

  private static boolean isAt(byte[] bytes, int at, byte[] wanted) {
    for (int i = 0; i < wanted.length; i++) {
      if (bytes[at + i] != wanted[i]) {
        return false;
      }
    }
    return true;
  }
}
