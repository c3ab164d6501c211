import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Prints the CRC-32C of each file, in hexadecimal, a line each: CMake has no such checksum. Run as
 * {@code java Crc32c.java FILE...}.
 */
final class Crc32c {
  private Crc32c() {}

  public static void main(String[] files) throws IOException {
    for (String file : files) {
      CRC32C crc32c = new CRC32C();
      crc32c.update(Files.readAllBytes(Path.of(file)));
      System.out.printf("%08x%n", crc32c.getValue());
    }
  }
}
