package org.sae4j.engine.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sae4j.engine.loader.LinkFailure.Execution.ALLOWED;
import static org.sae4j.engine.loader.LinkFailure.Execution.FORBIDDEN;
import static org.sae4j.engine.loader.LinkFailure.Execution.UNKNOWN;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The wordings of the systems that the tests do not run on. */
class LinkFailureTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "/a/libx.so: /lib64/libc.so.6: version `GLIBC_2.34' not found (required by /a/libx.so)"
            + "| it needs glibc 2.34 or newer",
        "/a/libx.so: Error loading shared library ld-linux-x86-64.so.2: No such file or directory"
            + " (needed by /a/libx.so) | musl",
        "/a/libx.so: Error relocating /a/libx.so: __memcpy_chk: symbol not found | musl",
        "/a/libx.so: failed to map segment from shared object: Operation not permitted | noexec",
        "/a/libx.so: wrong ELF class: ELFCLASS32 (Possible cause: can't load IA 32 .so on a AMD 64"
            + " platform) | another kind of processor",
        "/a/libx.so: cannot open shared object file: No such file or directory"
            + " (Possible cause: can't load AARCH64 .so on a AMD 64 platform)"
            + " | another kind of processor",
        "/a/libx.dylib: dlopen(/a/libx.dylib): mach-o file, but is an incompatible architecture"
            + " (have 'x86_64', need 'arm64') | another kind of processor",
        "C:\\x.dll: %1 is not a valid Win32 application | another kind of processor",
        "C:\\x.dll: Can't find dependent libraries | a library that it needs is missing",
        "/a/libx.so: libgomp.so.1: cannot open shared object file: No such file or directory"
            + " | missing: libgomp.so.1"
      })
  void explains(String message, String expected) {
    assertThat(failure(message).explanation()).contains(expected).contains(message);
  }

  @Test
  void onMuslThatIsTheReasonWhateverTheMessage() {
    LinkFailure failure = new LinkFailure("/a/libx.so: anything", 1, true, ALLOWED);
    assertThat(failure.explanation()).contains("musl", "glibc");
  }

  @Test
  void leavesWhatItDoesNotKnowAsItIs() {
    assertThat(failure("something new").explanation()).isEqualTo("something new");
  }

  /** The system's loader speaks the user's language. */
  @Test
  void seesAFolderThatIsMountedNoexecInAnyLanguage() {
    LinkFailure failure =
        new LinkFailure("libx.so: Die Operation ist nicht erlaubt", 1, false, FORBIDDEN);
    assertThat(failure.isNotExecutable()).isTrue();
    assertThat(failure.explanation()).contains("noexec", "nicht erlaubt");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/a/libx.so: failed to map segment from shared object",
        "/a/libx.so: failed to map segment from shared object: Cannot allocate memory",
        "/a/libx.so: cannot map zero-fill pages: Cannot allocate memory",
        "/a/libx.so: cannot create shared object descriptor: Cannot allocate memory",
        "dlopen(/a/libx.dylib): mmap() page failed with errno=12",
        "C:\\x.dll: Not enough memory resources are available to process this command",
        "C:\\x.dll: The paging file is too small for this operation to complete"
      })
  void outOfMemoryIsNoFaultOfTheFolder(String message) {
    LinkFailure failure = new LinkFailure(message, 37_539_016, false, ALLOWED);
    assertThat(failure.isNotExecutable()).isFalse();
    assertThat(failure.explanation())
        .startsWith("out of memory")
        .contains("37539016 bytes", message)
        .doesNotContain("noexec");
    assertThat(failure.exception(Path.of("libx.so")).mayPass()).isTrue();
  }

  /** Some versions of glibc do not say why. */
  @Test
  void whatIsNotMappedWhereNothingMayBeExecutedIsTheFoldersFault() {
    String message = "/a/libx.so: failed to map segment from shared object";
    LinkFailure failure = new LinkFailure(message, 1, false, FORBIDDEN);
    assertThat(failure.isNotExecutable()).isTrue();
    assertThat(failure.explanation()).contains("noexec").doesNotContain("memory");
    assertThat(failure(message).explanation()).contains("noexec", "or memory is short");
  }

  @Test
  void wantOfAnotherProcessorDoesNotPass() {
    LinkFailure failure = failure("/a/libx.so: wrong ELF class: ELFCLASS32");
    assertThat(failure.exception(Path.of("libx.so")).mayPass()).isFalse();
  }

  private static LinkFailure failure(String message) {
    return new LinkFailure(message, 1, false, UNKNOWN);
  }
}
