package org.sae4j.engine.loader;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
    assertThat(LinkFailure.explain(message, false)).contains(expected).contains(message);
  }

  @Test
  void onMuslThatIsTheReasonWhateverTheMessage() {
    assertThat(LinkFailure.explain("/a/libx.so: anything", true)).contains("musl", "glibc");
  }

  @Test
  void leavesWhatItDoesNotKnowAsItIs() {
    assertThat(LinkFailure.explain("something new", false)).isEqualTo("something new");
  }
}
