package org.sae4j.results;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Identifies a file or folder that results were computed from. */
public final class InputFile {
  private InputFile() {}

  /** Describes one file. */
  public static JsonObject of(String kind, Path file, JsonObject shape, ByteProgress progress)
      throws IOException {
    return of(kind, file, sha256(file, progress), shape);
  }

  /**
   * Describes a folder.
   *
   * <p>Its SHA-256 is that of what {@code sha256sum} prints for the files, by their names.
   *
   * @param files those files in it that were read
   * @param progress hears of each file by itself
   */
  public static JsonObject of(
      String kind, Path folder, List<Path> files, JsonObject shape, ByteProgress progress)
      throws IOException {
    if (files.equals(List.of(folder))) {
      return of(kind, folder, shape, progress);
    }
    JsonArray parts = new JsonArray();
    StringBuilder listing = new StringBuilder();
    for (Path file : files.stream().distinct().sorted().toList()) {
      String digest = sha256(file, progress);
      listing.append(digest).append("  ").append(file.getFileName()).append('\n');
      JsonObject part = new JsonObject();
      part.addProperty("path", file.toString());
      part.addProperty("sha256", digest);
      parts.add(part);
    }
    byte[] lines = listing.toString().getBytes(StandardCharsets.UTF_8);
    String digest = HexFormat.of().formatHex(sha256().digest(lines));
    JsonObject description = of(kind, folder, digest, shape);
    description.add("files", parts);
    return description;
  }

  private static JsonObject of(String kind, Path path, String sha256, JsonObject shape) {
    JsonObject description = new JsonObject();
    description.addProperty("kind", kind);
    description.addProperty("path", path.toString());
    description.addProperty("sha256", sha256);
    description.add("shape", shape);
    return description;
  }

  private static String sha256(Path file, ByteProgress progress) throws IOException {
    MessageDigest digest = sha256();
    long size = Files.size(file);
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      long done = 0;
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
        progress.bytes(done += count, size);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }
}
