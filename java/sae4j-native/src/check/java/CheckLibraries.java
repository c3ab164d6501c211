import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads the headers of the libraries that go into a platform's jar, prints what each needs of a
 * system, and fails if that is more than every supported system has:
 *
 * <pre>java CheckLibraries.java PLATFORM GLIBC sae4j.h FOLDER OF_OURS FOLDER OF_OPENBLAS</pre>
 *
 * GLIBC is the newest version of it that our libraries may ask for, or "any".
 */
public final class CheckLibraries {
  /** What a library says about itself, whatever its format, and what is wrong with it. */
  private record Library(
      String machine,
      Set<String> needed,
      Set<String> exports,
      Map<String, String> versions,
      List<String> faults) {}

  private static final Map<String, String> MACHINES =
      Map.of(
          "linux-x86_64", "ELF x86-64",
          "linux-arm64", "ELF AArch64",
          "windows-x86_64", "PE x86-64",
          "macosx-arm64", "Mach-O AArch64",
          "macosx-x86_64", "Mach-O x86-64");

  /** Part of every system: glibc; what Windows 10 has in System32; what is in macOS. */
  private static final Pattern SYSTEM =
      Pattern.compile(
          "(libc|libm|libdl|libpthread|librt|ld-linux-x86-64|ld-linux-aarch64)\\.so\\.\\d"
              + "|(kernel32|msvcrt|ntdll|advapi32|psapi|ws2_32|bcrypt)\\.dll"
              + "|api-ms-win-crt-[a-z]+-l1-1-0\\.dll"
              + "|/usr/lib/libsystem\\.b\\.dylib");

  /** What the engine looks up in OpenBLAS; see products.cpp. */
  private static final Set<String> OPENBLAS =
      Set.of(
          "cblas_sgemm",
          "openblas_get_config",
          "openblas_get_num_threads",
          "openblas_set_num_threads");

  private final List<String> complaints = new ArrayList<>();

  private CheckLibraries() {}

  public static void main(String[] args) throws IOException {
    CheckLibraries check = new CheckLibraries();
    check.run(args[0], args[1], Path.of(args[2]), Path.of(args[3]), Path.of(args[4]));
    check.complaints.forEach(System.err::println);
    System.exit(check.complaints.isEmpty() ? 0 : 1);
  }

  private void run(String platform, String glibc, Path header, Path ours, Path openblas)
      throws IOException {
    Set<String> shipped = new TreeSet<>();
    List<Path> files = new ArrayList<>(libraries(ours));
    files.addAll(libraries(openblas));
    files.forEach(file -> shipped.add(file.getFileName().toString()));

    for (Path file : files) {
      Library library = read(file, MACHINES.get(platform));
      boolean isOurs = file.startsWith(ours);
      String name = file.getFileName().toString();
      System.out.printf(
          "%-22s %,11d bytes  %-14s %s%n", name, Files.size(file), library.machine, needs(library));
      expect(library.machine.equals(MACHINES.get(platform)), name + " is for " + library.machine);
      library.faults.forEach(fault -> complaints.add(name + " " + fault));
      for (String needed : library.needed) {
        boolean there = shipped.contains(needed.replace("@rpath/", ""));
        boolean system = SYSTEM.matcher(needed.toLowerCase(Locale.ROOT)).matches();
        expect(there || system, name + " needs " + needed + ", which is not there");
      }
      if (isOurs && !glibc.equals("any")) {
        String found = library.versions.getOrDefault("GLIBC", "0");
        expect(!newer(found, glibc), name + " needs glibc " + found + ", newer than " + glibc);
        for (String runtime : List.of("GLIBCXX", "CXXABI", "GCC")) {
          expect(!library.versions.containsKey(runtime), name + " needs a C++ runtime: " + runtime);
        }
      }
      Set<String> called =
          name.matches("(lib)?sae4j\\..*")
              ? functions(header)
              : name.contains("openblas") ? OPENBLAS : Set.of();
      for (String function : called) {
        expect(library.exports.contains(function), name + " does not export " + function);
      }
    }
    expect(files.stream().anyMatch(f -> f.startsWith(openblas)), "no OpenBLAS in " + openblas);
    expect(libraries(ours).size() == 3, "not three libraries of ours in " + ours);
  }

  private void expect(boolean condition, String complaint) {
    if (!condition) {
      complaints.add(complaint);
    }
  }

  private static List<Path> libraries(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(f -> f.getFileName().toString().matches(".*\\.(dll|dylib|so(\\.\\d+)?)"))
          .filter(f -> !f.getFileName().toString().contains("jniopenblas"))
          .sorted()
          .toList();
    }
  }

  private static String needs(Library library) {
    String versions =
        library.versions.entrySet().stream()
            .map(e -> e.getKey() + " " + e.getValue())
            .collect(Collectors.joining(", "));
    return (versions.isEmpty() ? "" : versions + "; ") + String.join(" ", library.needed);
  }

  private static Set<String> functions(Path header) throws IOException {
    Set<String> names = new TreeSet<>();
    var matcher =
        Pattern.compile("SAE4J_API[^;]*?\\b(sae4j_\\w+)\\(").matcher(Files.readString(header));
    while (matcher.find()) {
      names.add(matcher.group(1));
    }
    return names;
  }

  private static boolean newer(String a, String b) {
    int[] x = Arrays.stream(a.split("\\.")).mapToInt(Integer::parseInt).toArray();
    int[] y = Arrays.stream(b.split("\\.")).mapToInt(Integer::parseInt).toArray();
    return Arrays.compare(x, y) > 0;
  }

  private static Library read(Path file, String wanted) throws IOException {
    ByteBuffer b = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    return switch (b.getInt(0)) {
      case 0x464c457f -> elf(b);
      case 0xfeedfacf -> machO(b);
      case 0xbebafeca -> universal(b, wanted);
      default -> pe(b);
    };
  }

  private static String text(ByteBuffer b, int at) {
    int end = at;
    while (b.get(end) != 0) {
      end++;
    }
    return new String(b.array(), at, end - at, ISO_8859_1);
  }

  // ---- ELF, 64 bits

  private static Library elf(ByteBuffer b) {
    Set<String> needed = new TreeSet<>();
    Set<String> exports = new TreeSet<>();
    Map<String, String> versions = new TreeMap<>();
    int sections = (int) b.getLong(0x28);
    for (int i = 0; i < b.getShort(0x3c); i++) {
      int section = sections + i * 64;
      int type = b.getInt(section + 4);
      int start = (int) b.getLong(section + 0x18);
      int size = (int) b.getLong(section + 0x20);
      int strings = (int) b.getLong(sections + b.getInt(section + 0x28) * 64 + 0x18);
      if (type == 6) { // SHT_DYNAMIC
        for (int at = start; at < start + size; at += 16) {
          if (b.getLong(at) == 1) { // DT_NEEDED
            needed.add(text(b, strings + (int) b.getLong(at + 8)));
          }
        }
      } else if (type == 11) { // SHT_DYNSYM
        for (int at = start; at < start + size; at += 24) {
          if (b.getShort(at + 6) != 0) { // defined
            exports.add(text(b, strings + b.getInt(at)));
          }
        }
      } else if (type == 0x6ffffffe) { // SHT_GNU_verneed
        elfVersions(b, start, strings, versions);
      }
    }
    String machine = Map.of(62, "ELF x86-64", 183, "ELF AArch64").get((int) b.getShort(0x12));
    return new Library(machine, needed, exports, versions, List.of());
  }

  private static void elfVersions(ByteBuffer b, int at, int strings, Map<String, String> versions) {
    for (int need = at, next = 1; next != 0; need += next) {
      next = b.getInt(need + 12);
      for (int aux = need + b.getInt(need + 8), step = 1; step != 0; aux += step) {
        step = b.getInt(aux + 12);
        String[] version = text(b, strings + b.getInt(aux + 8)).split("_", 2);
        if (version.length == 2 && version[1].matches("[\\d.]+")) {
          versions.merge(version[0], version[1], (x, y) -> newer(x, y) ? x : y);
        }
      }
    }
  }

  // ---- Mach-O, 64 bits

  private static final Map<Integer, String> MACH_O =
      Map.of(0x01000007, "Mach-O x86-64", 0x0100000c, "Mach-O AArch64");

  /** A file with a library for each of several processors, of which one is read. */
  private static Library universal(ByteBuffer b, String wanted) {
    b.order(ByteOrder.BIG_ENDIAN);
    for (int i = 0; i < b.getInt(4); i++) {
      int at = 8 + 20 * i;
      if (wanted.equals(MACH_O.get(b.getInt(at)))) {
        int start = b.getInt(at + 8);
        byte[] one = Arrays.copyOfRange(b.array(), start, start + b.getInt(at + 12));
        return machO(ByteBuffer.wrap(one).order(ByteOrder.LITTLE_ENDIAN));
      }
    }
    return new Library("other processors", Set.of(), Set.of(), Map.of(), List.of());
  }

  private static Library machO(ByteBuffer b) {
    Set<String> needed = new TreeSet<>();
    Set<String> exports = new TreeSet<>();
    Set<String> searched = new TreeSet<>();
    Map<String, String> versions = new TreeMap<>();
    List<String> faults = new ArrayList<>();
    int signature = 0;
    int at = 32;
    for (int i = 0; i < b.getInt(16); i++, at += b.getInt(at + 4)) {
      switch (b.getInt(at)) {
        case 0xc, 0x80000018, 0x8000001f -> // LC_LOAD_DYLIB, weak, re-exported
            needed.add(text(b, at + b.getInt(at + 8)));
        case 0x8000001c -> searched.add(text(b, at + b.getInt(at + 8))); // LC_RPATH
        case 0x2 -> { // LC_SYMTAB
          for (int n = 0; n < b.getInt(at + 12); n++) {
            int symbol = b.getInt(at + 8) + 16 * n;
            if ((b.get(symbol + 4) & 0x1f) == 0x0f) { // external, defined in a section, not private
              exports.add(text(b, b.getInt(at + 16) + b.getInt(symbol)).substring(1));
            }
          }
        }
        case 0x24 -> versions.put("macOS", version(b.getInt(at + 8))); // LC_VERSION_MIN_MACOSX
        case 0x32 -> versions.put("macOS", version(b.getInt(at + 12))); // LC_BUILD_VERSION
        case 0x1d -> signature = b.getInt(at + 8); // LC_CODE_SIGNATURE
        default -> {}
      }
    }
    String machine = MACH_O.get(b.getInt(4));
    if (needed.stream().anyMatch(library -> library.startsWith("@rpath/"))
        && searched.stream().noneMatch(folder -> folder.matches("@loader_path(/\\.?)?"))) {
      faults.add("does not look beside itself for what it needs");
    }
    if (signature != 0) {
      faults.addAll(faultsOfSignature(b.duplicate(), signature));
      versions.put("signed", "yes");
    } else if (machine.endsWith("AArch64")) {
      faults.add("is not signed, and Apple's processors run nothing that is not");
    }
    return new Library(machine, needed, exports, versions, faults);
  }

  /** A signature without a certificate is a hash of each page of the file before it. */
  private static List<String> faultsOfSignature(ByteBuffer b, int start) {
    int limit = b.order(ByteOrder.BIG_ENDIAN).limit();
    if (start > limit - 12 || b.getInt(start) != 0xfade0cc0) {
      return List.of("has a signature that is none");
    }
    List<String> faults = new ArrayList<>();
    int directories = 0;
    for (int i = 0; i < b.getInt(start + 8); i++) {
      int directory = start + b.getInt(start + 16 + 8 * i);
      if (b.getInt(directory) == 0xfade0c02) { // CSMAGIC_CODEDIRECTORY
        directories++;
        if (!hashesAgree(b, directory, start)) {
          faults.add("was changed after it had been signed");
        }
      }
    }
    if (directories == 0) {
      faults.add("has a signature without hashes");
    }
    return faults;
  }

  private static boolean hashesAgree(ByteBuffer b, int directory, int end) {
    int hashes = directory + b.getInt(directory + 16);
    int pages = b.getInt(directory + 28);
    int hashSize = b.get(directory + 36);
    int pageSize = 1 << b.get(directory + 39);
    if (b.getInt(directory + 32) != end || pages != (end + pageSize - 1) / pageSize) {
      return false;
    }
    for (int page = 0; page < pages; page++) {
      int from = page * pageSize;
      byte[] hash = hash(b.get(directory + 37), b, from, Math.min(from + pageSize, end));
      int expected = hashes + page * hashSize;
      if (!Arrays.equals(hash, 0, hashSize, b.array(), expected, expected + hashSize)) {
        return false;
      }
    }
    return true;
  }

  private static byte[] hash(int kind, ByteBuffer b, int from, int to) {
    try {
      MessageDigest digest = MessageDigest.getInstance(kind == 1 ? "SHA-1" : "SHA-256");
      digest.update(b.array(), from, to - from);
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String version(int packed) {
    return (packed >> 16) + "." + (packed >> 8 & 0xff);
  }

  // ---- PE, 64 bits

  private static Library pe(ByteBuffer b) {
    Set<String> needed = new TreeSet<>();
    Set<String> exports = new TreeSet<>();
    int header = b.getInt(0x3c);
    int directories = header + 24 + 112;
    if (b.getInt(directories + 8) != 0) { // imports
      for (int at = offset(b, b.getInt(directories + 8)); b.getInt(at + 12) != 0; at += 20) {
        needed.add(text(b, offset(b, b.getInt(at + 12))));
      }
    }
    if (b.getInt(directories) != 0) {
      int table = offset(b, b.getInt(directories));
      for (int i = 0; i < b.getInt(table + 24); i++) {
        exports.add(text(b, offset(b, b.getInt(offset(b, b.getInt(table + 32)) + 4 * i))));
      }
    }
    String machine = b.getShort(header + 4) == (short) 0x8664 ? "PE x86-64" : "PE of another kind";
    return new Library(machine, needed, exports, new TreeMap<>(), List.of());
  }

  /** Where in the file an address of the loaded image is. */
  private static int offset(ByteBuffer b, int address) {
    int header = b.getInt(0x3c);
    int sections = header + 24 + b.getShort(header + 20);
    for (int i = 0; i < b.getShort(header + 6); i++) {
      int start = b.getInt(sections + 40 * i + 12);
      if (address >= start && address < start + b.getInt(sections + 40 * i + 8)) {
        return address - start + b.getInt(sections + 40 * i + 20);
      }
    }
    throw new IllegalStateException("address " + address + " is in no section");
  }
}
