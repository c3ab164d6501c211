package org.sae4j.format.torch;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.sae4j.format.container.SafetensorsFiles;

/**
 * What a fuzzer is to make up of a sound file: the header of a safetensors file, the pickle of a
 * torch archive, of others all. Lengths and checksums around it are made to fit.
 */
public record InnerPart(Path file, byte[] sound) {
  private static final String PICKLE = "archive/data.pkl";

  /** Those of all files in a folder, or of the only file. */
  public static List<InnerPart> of(Path path) throws IOException {
    List<InnerPart> parts = new ArrayList<>();
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        parts.add(new InnerPart(file, Files.readAllBytes(file)));
      }
    }
    return parts;
  }

  public boolean isConfig() {
    return file.toString().endsWith(".json");
  }

  byte[] bytes() throws IOException {
    if (isSafetensors()) {
      return Arrays.copyOfRange(sound, Long.BYTES, dataStart());
    }
    return isTorch() ? entries().get(PICKLE) : sound;
  }

  /** Writes the file with another inner part. */
  void replace(byte[] part) throws IOException {
    if (isSafetensors()) {
      byte[] data = Arrays.copyOfRange(sound, dataStart(), sound.length);
      SafetensorsFiles.write(file, part, data);
    } else if (isTorch()) {
      TorchFiles files = new TorchFiles();
      entries().forEach(files::entry);
      files.entry(PICKLE, part).write(file);
    } else {
      Files.write(file, part);
    }
  }

  public void restore() throws IOException {
    Files.write(file, sound);
  }

  private boolean isSafetensors() {
    return file.toString().endsWith(".safetensors");
  }

  private boolean isTorch() {
    return file.toString().endsWith(".pt") || file.toString().endsWith(".bin");
  }

  private int dataStart() {
    return Long.BYTES + (int) ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  private Map<String, byte[]> entries() throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(sound))) {
      for (ZipEntry e = zip.getNextEntry(); e != null; e = zip.getNextEntry()) {
        entries.put(e.getName(), zip.readAllBytes());
      }
    }
    return entries;
  }
}
