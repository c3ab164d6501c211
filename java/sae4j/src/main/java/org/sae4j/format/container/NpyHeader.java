package org.sae4j.format.container;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sae4j.format.FormatException;

/**
 * What NumPy writes before the data of an array: a magic number, a length, and a Python dict with
 * the keys {@code descr}, {@code fortran_order} and {@code shape}.
 *
 * @param dtype the type of the elements
 * @param order of the bytes of an element
 * @param fortranOrder whether the first index varies fastest
 * @param shape the sizes, outermost first; empty for a scalar
 * @param length the bytes before the data
 */
public record NpyHeader(
    DType dtype, ByteOrder order, boolean fortranOrder, List<Long> shape, int length) {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /** Magic number, version, and the length, which takes two bytes in version 1 and then four. */
  private static final int SHORT_PREFIX = MAGIC.length + 2 + Short.BYTES;

  private static final int LONG_PREFIX = MAGIC.length + 2 + Integer.BYTES;
  private static final int MAX_TEXT = 1 << 16;

  /** The most bytes that a header takes. */
  static final int LONGEST = LONG_PREFIX + MAX_TEXT;

  private static final int MAX_RANK = 16;

  private static final Pattern ENTRY =
      Pattern.compile(
          "\\s*'(?<key>\\w{1,20})'\\s*:\\s*"
              + "(?:'(?<text>[^'\\\\]*)'|(?<flag>True|False)|\\((?<sizes>[0-9L,\\s]*)\\))\\s*");

  public NpyHeader {
    shape = List.copyOf(shape);
  }

  /**
   * Reads the header of an array, and no more.
   *
   * @param file what messages name; the array need not lie in it as it is
   * @param part what messages call the array
   */
  public static NpyHeader read(InputStream in, Path file, String part) throws IOException {
    byte[] prefix = in.readNBytes(SHORT_PREFIX);
    if (prefix.length < SHORT_PREFIX
        || !Arrays.equals(prefix, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw FormatException.of(file, part + " is no array of NumPy, or a truncated one");
    }
    int version = prefix[MAGIC.length];
    if (version < 1 || version > 3) {
      throw FormatException.mismatch(file, part + ": version", "1 to 3", version);
    }
    int prefixLength = version == 1 ? SHORT_PREFIX : LONG_PREFIX;
    byte[] more = in.readNBytes(prefixLength - SHORT_PREFIX);
    ByteBuffer size = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    size.put(prefix, SHORT_PREFIX - Short.BYTES, Short.BYTES).put(more);
    long textLength = Integer.toUnsignedLong(size.getInt(0));
    byte[] text = in.readNBytes((int) Math.min(textLength, MAX_TEXT));
    if (text.length < textLength) {
      throw FormatException.of(
          file, part + ": header of " + textLength + " bytes, found " + text.length);
    }
    String dict = new String(text, StandardCharsets.UTF_8);
    return parse(file, part, dict, prefixLength + text.length);
  }

  private static NpyHeader parse(Path file, String part, String text, int length)
      throws FormatException {
    Map<String, Matcher> entries = entries(file, part, text.strip());
    if (!entries.keySet().equals(Set.of("descr", "fortran_order", "shape"))) {
      throw FormatException.mismatch(
          file, part + ": header", "descr, fortran_order and shape", entries.keySet());
    }
    String descr = entries.get("descr").group("text");
    boolean big = descr != null && descr.startsWith(">");
    return new NpyHeader(
        dtype(file, part, big ? descr.replace('>', '<') : descr, descr),
        big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
        flag(file, part, entries.get("fortran_order").group("flag")),
        shape(file, part, entries.get("shape").group("sizes")),
        length);
  }

  /** Takes a dict apart without being a Python interpreter. */
  private static Map<String, Matcher> entries(Path file, String part, String text)
      throws FormatException {
    Map<String, Matcher> entries = new HashMap<>();
    boolean braced = text.startsWith("{") && text.endsWith("}");
    String inner = braced ? text.substring(1, text.length() - 1) : "";
    int at = 0;
    while (at < inner.length() && !inner.substring(at).isBlank()) {
      Matcher entry = ENTRY.matcher(inner).region(at, inner.length());
      if (!entry.lookingAt()) {
        throw FormatException.of(file, part + ": header is damaged: " + shown(text));
      }
      at = entry.end();
      boolean more = at < inner.length();
      if (more && inner.charAt(at++) != ',' || entries.put(entry.group("key"), entry) != null) {
        throw FormatException.of(file, part + ": header is damaged: " + shown(text));
      }
    }
    return entries;
  }

  private static DType dtype(Path file, String part, String littleEndian, String descr)
      throws FormatException {
    return Optional.ofNullable(littleEndian)
        .flatMap(DType::ofNumpy)
        .orElseThrow(
            () ->
                FormatException.of(
                    file,
                    "%s: descr %s is not supported; numbers are"
                        .formatted(part, descr == null ? "of a structure" : descr)));
  }

  private static boolean flag(Path file, String part, String flag) throws FormatException {
    if (flag == null) {
      throw FormatException.mismatch(file, part + ": fortran_order", "True or False", "neither");
    }
    return flag.equals("True");
  }

  private static List<Long> shape(Path file, String part, String sizes) throws FormatException {
    if (sizes == null) {
      throw FormatException.mismatch(file, part + ": shape", "a tuple", "none");
    }
    List<Long> shape = new ArrayList<>();
    try {
      for (String size : sizes.split(",")) {
        if (!size.isBlank()) {
          // Python 2 wrote long numbers as 192L.
          shape.add(Long.parseLong(size.strip().replaceFirst("L$", "")));
        }
      }
    } catch (NumberFormatException e) {
      throw FormatException.of(file, part + ": shape (" + shown(sizes) + ") is damaged", e);
    }
    if (shape.size() > MAX_RANK) {
      throw FormatException.of(file, part + ": shape of more than " + MAX_RANK + " sizes");
    }
    return shape;
  }

  private static String shown(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "…";
  }
}
