package org.sae4j.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is read of gzip is what Python's gzip reads of it, and what that refuses is refused. */
class GzipMembersTest {
  private static final byte[] A = member("first\n");
  private static final byte[] B = member("second\n");

  private static byte[] member(String text) {
    return TestFiles.gzip(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** A member whose header has a flag and what follows the header's ten bytes because of it. */
  private static byte[] flagged(int flags, byte[] fields) {
    byte[] header = Arrays.copyOf(B, 10);
    header[3] = (byte) flags;
    return joined(header, fields, Arrays.copyOfRange(B, 10, B.length));
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] cut(byte[] bytes, int off) {
    return Arrays.copyOf(bytes, bytes.length - off);
  }

  private static byte[] changed(byte[] bytes, int at) {
    byte[] changed = bytes.clone();
    changed[at < 0 ? bytes.length + at : at] ^= 1;
    return changed;
  }

  private static byte[] headerChecksum(int wrong) {
    byte[] header = Arrays.copyOf(B, 10);
    header[3] = 2;
    CRC32 crc = new CRC32();
    crc.update(header);
    int checksum = (int) crc.getValue() ^ wrong;
    return flagged(2, new byte[] {(byte) checksum, (byte) (checksum >> 8)});
  }

  private static byte[] second(String kind) {
    return switch (kind) {
      case "a member" -> B;
      case "nothing" -> new byte[0];
      case "zeros" -> new byte[512];
      case "zeros and a member" -> joined(new byte[100_000], B);
      case "zeros and garbage" -> joined(new byte[512], ascii("garbage"));
      case "an empty member and a member" -> joined(member(""), B);
      case "a name" -> flagged(8, ascii("name\0"));
      case "a long name" -> flagged(8, ascii("n".repeat(100_000) + "\0"));
      case "a comment" -> flagged(16, ascii("co\n\0"));
      case "an extra field" -> flagged(4, ascii("\5\0\0\1\2\3\4"));
      case "text" -> flagged(1, new byte[0]);
      case "a header's checksum" -> headerChecksum(0);
      case "all fields" -> flagged(28, ascii("\2\0\0\0name\0comment\0"));
      case "a wrong header's checksum" -> headerChecksum(1);
      case "a reserved flag" -> flagged(32, new byte[0]);
      case "a bad header" -> changed(B, 0);
      case "a bad second byte" -> changed(B, 1);
      case "another method" -> changed(B, 2);
      case "bad data" -> changed(B, 11);
      case "a bad checksum" -> changed(B, -8);
      case "a bad length" -> changed(B, -1);
      case "garbage" -> ascii("garbage");
      case "a byte" -> ascii("x");
      case "half a magic" -> Arrays.copyOf(B, 1);
      case "a cut header" -> Arrays.copyOf(B, 5);
      case "a cut name" -> Arrays.copyOf(flagged(8, ascii("name\0")), 13);
      case "a cut extra field" -> Arrays.copyOf(flagged(4, ascii("\5\0\0\1\2\3\4")), 13);
      case "no data" -> Arrays.copyOf(B, 10);
      case "cut data" -> Arrays.copyOf(B, 14);
      case "no trailer" -> cut(B, 8);
      case "a cut checksum" -> cut(B, 6);
      case "a cut length" -> cut(B, 1);
      default -> throw new IllegalArgumentException(kind);
    };
  }

  /** Gives a few bytes at a time, and says that there are none. */
  private static final class Dripping extends ByteArrayInputStream {
    private final int most;

    Dripping(byte[] bytes, int most) {
      super(bytes);
      this.most = most;
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      return super.read(into, offset, Math.min(length, most));
    }

    @Override
    public int available() {
      return 0;
    }
  }

  private static String read(InputStream compressed, int atOnce) throws IOException {
    try (InputStream in = new GzipMembers(compressed)) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      byte[] buffer = new byte[atOnce];
      for (int count = in.read(buffer, 0, atOnce); count >= 0; count = in.read(buffer, 0, atOnce)) {
        assertThat(count).isPositive();
        out.write(buffer, 0, count);
      }
      assertThat(in.read()).isEqualTo(-1);
      return out.toString(StandardCharsets.US_ASCII);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "a member, second",
    "nothing,",
    "zeros,",
    "zeros and a member, second",
    "an empty member and a member, second",
    "a name, second",
    "a long name, second",
    "a comment, second",
    "an extra field, second",
    "text, second",
    "a header's checksum, second",
    "all fields, second",
  })
  void whatFollowsAMemberIsRead(String kind, String text) throws IOException {
    byte[] bytes = joined(A, second(kind));
    String all = "first\n" + Optional.ofNullable(text).map(line -> line + "\n").orElse("");
    for (int most : new int[] {1, 3, 1 << 20}) {
      for (int atOnce : new int[] {1, 5, 1 << 16}) {
        assertThat(read(new Dripping(bytes, most), atOnce)).isEqualTo(all);
      }
    }
    assertThat(read(new ByteArrayInputStream(bytes), 1 << 16)).isEqualTo(all);
  }

  @ParameterizedTest
  @CsvSource({
    "zeros and garbage, 'expected a member or the end at byte 538, found other bytes'",
    "a wrong header's checksum, a header's checksum is wrong at byte 26",
    "a reserved flag, a member of a kind that there is not at byte 26",
    "a bad header, 'expected a member or the end at byte 26, found other bytes'",
    "a bad second byte, 'expected a member or the end at byte 26, found other bytes'",
    "another method, a member of a kind that there is not at byte 26",
    "bad data,",
    "a bad checksum, a member's checksum is wrong before byte 49",
    "a bad length, a member's length is wrong before byte 53",
    "garbage, 'expected a member or the end at byte 26, found other bytes'",
    "a byte, 'expected a member or the end at byte 26, found other bytes'",
    "half a magic, a member is cut",
    "a cut header, a member is cut",
    "a cut name, a member is cut",
    "a cut extra field, a member is cut",
    "no data, a member is cut",
    "cut data, a member is cut",
    "no trailer, a member is cut",
    "a cut checksum, a member is cut",
    "a cut length, a member is cut",
  })
  void whatIsNoWholeMemberIsRefused(String kind, String problem) {
    byte[] bytes = joined(A, second(kind));
    for (int most : new int[] {1, 3, 1 << 20}) {
      assertThatThrownBy(() -> read(new Dripping(bytes, most), 5))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(Optional.ofNullable(problem).orElse(""));
    }
  }

  /** As many members as a file of documents may have, of sizes about that of the buffer. */
  @Test
  void membersMayEndAnywhere() throws IOException {
    Random random = new Random(3);
    List<byte[]> members = new ArrayList<>();
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < 300; i++) {
      byte[] text = new byte[random.nextInt(i % 10 == 0 ? 20_000 : 300)];
      for (int at = 0; at < text.length; at++) {
        text[at] = (byte) (' ' + random.nextInt(90));
      }
      all.append(new String(text, StandardCharsets.US_ASCII));
      members.add(TestFiles.gzip(text));
      members.add(new byte[random.nextInt(3)]);
    }
    byte[] bytes = joined(members.toArray(byte[][]::new));
    assertThat(read(new ByteArrayInputStream(bytes), 8191)).isEqualTo(all.toString());
    assertThat(read(new Dripping(bytes, 977), 100)).isEqualTo(all.toString());
  }
}
