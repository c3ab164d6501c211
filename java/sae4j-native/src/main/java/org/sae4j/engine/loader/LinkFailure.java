package org.sae4j.engine.loader;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Says in a sentence what the system's loader means by its message. The wordings are those of
 * glibc, musl, macOS and Windows, and of the JVM.
 */
final class LinkFailure {
  private static final Pattern ANOTHER_CLASS_LOADER =
      Pattern.compile("already loaded in another classloader");
  private static final Pattern NOT_EXECUTABLE =
      Pattern.compile("failed to map segment|Operation not permitted|Permission denied");
  private static final Pattern NEWER_GLIBC = Pattern.compile("`GLIBC_([0-9.]+)' not found");
  private static final Pattern MUSL =
      Pattern.compile("Error (loading shared library|relocating) |ld-musl|symbol not found$");
  private static final Pattern ANOTHER_PROCESSOR =
      Pattern.compile(
          "wrong ELF class|Exec format error|incompatible architecture|wrong architecture"
              + "|[Cc]an't load .* on a .* platform|not a valid Win32 application");
  private static final Pattern MISSING_DEPENDENCY =
      Pattern.compile(
          "(\\S+): cannot open shared object file: No such file|Library not loaded: (\\S+)"
              + "|Can't find dependent libraries|module could not be found");

  private LinkFailure() {}

  /** Whether a library is fine, but belongs to another class loader of this JVM. */
  static boolean isAnotherClassLoaders(UnsatisfiedLinkError error) {
    return ANOTHER_CLASS_LOADER.matcher(text(error)).find();
  }

  /** Throws IOException if the file may be read, but not run; another folder may do. */
  static void requireExecutable(UnsatisfiedLinkError error) throws IOException {
    if (NOT_EXECUTABLE.matcher(text(error)).find()) {
      throw new IOException(explain(error), error);
    }
  }

  /** What is wrong, for people, and the loader's own words. */
  static String explain(UnsatisfiedLinkError error) {
    return explain(text(error), runsOnMusl());
  }

  static String explain(String message, boolean musl) {
    return sentence(message, musl).map(it -> it + " (" + message + ")").orElse(message);
  }

  private static Optional<String> sentence(String message, boolean musl) {
    if (musl || MUSL.matcher(message).find()) {
      return Optional.of(
          "this system's C library is musl (as on Alpine Linux), and sae4j's libraries need glibc:"
              + " use a system or image with glibc, such as Debian's");
    }
    Matcher glibc = NEWER_GLIBC.matcher(message);
    if (glibc.find()) {
      return Optional.of(
          "it needs glibc %s or newer, and this system's is older".formatted(glibc.group(1)));
    }
    if (ANOTHER_PROCESSOR.matcher(message).find()) {
      return Optional.of("it is for another kind of processor than this Java");
    }
    if (NOT_EXECUTABLE.matcher(message).find()) {
      return Optional.of("nothing in its folder may be executed; is that mounted noexec?");
    }
    Matcher missing = MISSING_DEPENDENCY.matcher(message);
    if (missing.find()) {
      String library = missing.group(1) != null ? missing.group(1) : missing.group(2);
      return Optional.of(
          "a library that it needs is missing" + (library == null ? "" : ": " + library));
    }
    return Optional.empty();
  }

  private static String text(UnsatisfiedLinkError error) {
    return String.valueOf(error.getMessage());
  }

  /** Whether this process has musl in it, not merely the machine. */
  private static boolean runsOnMusl() {
    Path maps = Path.of("/proc/self/maps");
    try {
      return Files.isReadable(maps) && Files.readString(maps).contains("/ld-musl-");
    } catch (IOException e) {
      return false;
    }
  }
}
