package org.sae4j.engine.loader;

import static java.nio.file.attribute.PosixFilePermission.OWNER_EXECUTE;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.Loader;

/**
 * Says in a sentence what the system's loader means by its message. The wordings are those of
 * glibc, musl, macOS and Windows, and of the JVM.
 *
 * @param size of the library in bytes
 * @param musl whether that is the C library of this process, and not merely of the machine
 * @param execution whether the library may be executed where it is
 */
record LinkFailure(String message, long size, boolean musl, Execution execution) {
  /** Not every message tells it, and messages are in the user's language. */
  enum Execution {
    ALLOWED,
    FORBIDDEN,
    UNKNOWN
  }

  private static final Pattern ANOTHER_CLASS_LOADER =
      Pattern.compile("already loaded in another classloader");
  private static final Pattern OUT_OF_MEMORY =
      Pattern.compile(
          "[Cc]annot allocate memory(?! in static)|cannot map zero-fill pages|errno=12\\b"
              + "|[Nn]ot enough (memory|storage)|paging file is too small");
  private static final Pattern NOT_EXECUTABLE =
      Pattern.compile("Operation not permitted|Permission denied");

  /** It may be forbidden to execute it, or memory may be short. */
  private static final Pattern NOT_MAPPED = Pattern.compile("failed to map segment");

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

  static LinkFailure of(UnsatisfiedLinkError error, Path file) {
    return new LinkFailure(text(error), file.toFile().length(), runsOnMusl(), execution(file));
  }

  /** Whether a library is fine, but belongs to another class loader of this JVM. */
  static boolean isAnotherClassLoaders(UnsatisfiedLinkError error) {
    return ANOTHER_CLASS_LOADER.matcher(text(error)).find();
  }

  private static String text(UnsatisfiedLinkError error) {
    return String.valueOf(error.getMessage());
  }

  private static boolean runsOnMusl() {
    Path maps = Path.of("/proc/self/maps");
    try {
      return Files.isReadable(maps) && Files.readString(maps).contains("/ld-musl-");
    } catch (IOException e) {
      return false;
    }
  }

  private static Execution execution(Path file) {
    try {
      if (!Files.getPosixFilePermissions(file).contains(OWNER_EXECUTE)) {
        return Execution.UNKNOWN;
      }
    } catch (IOException | UnsupportedOperationException e) {
      return Execution.UNKNOWN;
    }
    return Files.isExecutable(file) ? Execution.ALLOWED : Execution.FORBIDDEN;
  }

  /** Whether the file may be read, but not run; another folder may do. */
  boolean isNotExecutable() {
    return !isOutOfMemory()
        && (execution == Execution.FORBIDDEN
            || NOT_EXECUTABLE.matcher(message).find()
            || NOT_MAPPED.matcher(message).find());
  }

  /** Whether it may be loaded another time. */
  boolean isOutOfMemory() {
    return OUT_OF_MEMORY.matcher(message).find()
        || execution == Execution.ALLOWED
            && NOT_MAPPED.matcher(message).find()
            && !NOT_EXECUTABLE.matcher(message).find();
  }

  /** The exception for this library. */
  EngineLoadException exception(Path file) {
    String text =
        "Cannot load the native library %s on %s: %s."
            .formatted(file.getFileName(), Loader.getPlatform(), explanation());
    return isOutOfMemory() ? EngineLoadException.forNow(text, null) : new EngineLoadException(text);
  }

  /** What is wrong, for people, and the loader's own words. */
  String explanation() {
    return sentence().map(it -> it + " (" + message + ")").orElse(message);
  }

  private Optional<String> sentence() {
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
    if (isOutOfMemory()) {
      return Optional.of(
          "out of memory: there is no room for its %d bytes; is there a limit, such as ulimit -v?"
              .formatted(size));
    }
    if (isNotExecutable()) {
      return Optional.of(
          execution == Execution.UNKNOWN && !NOT_EXECUTABLE.matcher(message).find()
              ? "nothing in its folder may be executed, if that is mounted noexec, or memory is short"
              : "nothing in its folder may be executed; is that mounted noexec?");
    }
    Matcher missing = MISSING_DEPENDENCY.matcher(message);
    if (missing.find()) {
      String library = missing.group(1) != null ? missing.group(1) : missing.group(2);
      return Optional.of(
          "a library that it needs is missing" + (library == null ? "" : ": " + library));
    }
    return Optional.empty();
  }
}
