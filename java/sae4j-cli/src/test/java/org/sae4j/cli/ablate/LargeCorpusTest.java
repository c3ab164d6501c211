package org.sae4j.cli.ablate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TestArguments;

/** A corpus whose token ids alone would fill the heap several times over. */
class LargeCorpusTest {
  private static final int SEQUENCES = 1 << 19;
  private static final int LENGTH = 64;
  private static final String HEAP = "-Xmx40m";
  @TempDir private Path folder;

  /** Token ids of NumPy, [sequences, length], one byte each: 32 MiB, as int[] 128. */
  private Path ids() throws IOException {
    Path file = folder.resolve("ids.npy.gz");
    String header =
        "{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d)}\n"
            .formatted(SEQUENCES, LENGTH);
    byte[] row = new byte[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      row[i] = (byte) (3 * i);
    }
    try (OutputStream out =
        new BufferedOutputStream(new GZIPOutputStream(Files.newOutputStream(file)), 1 << 16)) {
      out.write(0x93);
      out.write("NUMPY\1\0".getBytes(StandardCharsets.US_ASCII));
      out.write(new byte[] {(byte) header.length(), 0});
      out.write(header.getBytes(StandardCharsets.US_ASCII));
      for (int i = 0; i < SEQUENCES; i++) {
        out.write(row);
      }
    }
    return file;
  }

  @Test
  void aSampleForAblationIsOfAllOfIt() throws Exception {
    Path json = folder.resolve("effects.jsonl");
    CommandRun.jvm(
            "ablate",
            "--model",
            TestArguments.MODEL,
            "--sae",
            TestArguments.OPENAI,
            "--tokens",
            ids().toString(),
            "--sample",
            "3",
            "--seed",
            "1",
            "--latents",
            "1",
            "--json",
            json.toString())
        .with(HEAP, "-XX:+UseSerialGC")
        .run()
        .requireSuccess();
    List<JsonObject> lines =
        Files.readAllLines(json).stream()
            .map(line -> JsonParser.parseString(line).getAsJsonObject())
            .toList();
    JsonObject input =
        lines.get(0).getAsJsonArray("inputs").get(2).getAsJsonObject().getAsJsonObject("shape");
    assertThat(input.get("sequences").getAsLong()).isEqualTo(SEQUENCES);
    assertThat(input.get("tokens").getAsLong()).isEqualTo((long) SEQUENCES * LENGTH);
    assertThat(lines).hasSize(1 + 3 + 1);
    assertThat(lines.get(1).get("sequence").getAsInt()).isPositive();
    assertThat(lines.get(3).get("sequence").getAsInt()).isGreaterThan(SEQUENCES / 4);
  }
}
