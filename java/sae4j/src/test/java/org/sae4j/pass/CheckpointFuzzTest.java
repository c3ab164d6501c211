package org.sae4j.pass;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.Fixtures;
import org.sae4j.Model;
import org.sae4j.ModelOptions;
import org.sae4j.arch.HookPoint;
import org.sae4j.arch.ModelShape;
import org.sae4j.eval.EvaluationOptions;
import org.sae4j.eval.Totals;
import org.sae4j.format.FormatException;
import org.sae4j.latents.LatentState;
import org.sae4j.latents.TopContexts;
import org.sae4j.stats.Resampling;

/** Any bytes in a checkpoint whose checksum is right. */
class CheckpointFuzzTest {
  private static final ModelShape SHAPE = new ModelShape(1, 1, 2, 8, 4, 3, true, 1e-5f);
  private static final Model MODEL = Model.random(SHAPE, 1, ModelOptions.defaults());
  private static final EvaluationOptions OPTIONS =
      EvaluationOptions.defaults().withResampling(new Resampling(100, 1));
  private static final int DIGEST_BYTES = 32;

  @TempDir static Path seeds;
  @TempDir Path folder;

  @AfterAll
  static void close() {
    MODEL.close();
  }

  private static Checkpoint checkpoint(Path folder) {
    return Checkpoint.of(folder.resolve("fuzzed"), "{}");
  }

  private static Totals state() {
    return new Totals(List.of(HookPoint.residPost(0)), List.of(), MODEL, OPTIONS);
  }

  static Stream<byte[]> checkpoints() throws IOException {
    checkpoint(seeds).save(state());
    Path latents = Fixtures.path("cases/unclear/c.checkpoint");
    return Stream.of(content(seeds.resolve("fuzzed")), content(latents));
  }

  private static byte[] content(Path checkpoint) throws IOException {
    byte[] whole = Files.readAllBytes(checkpoint);
    return Arrays.copyOf(whole, whole.length - DIGEST_BYTES);
  }

  @MethodSource("checkpoints")
  @FuzzTest(maxDuration = "10m")
  void isReadOrRefused(byte[] content) throws IOException, NoSuchAlgorithmException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.writeBytes(content);
    whole.writeBytes(MessageDigest.getInstance("SHA-256").digest(content));
    Checkpoint checkpoint = checkpoint(folder);
    Files.write(checkpoint.file(), whole.toByteArray());
    requireReadOrRefused(checkpoint, state());
    Checkpoint other = Checkpoint.of(checkpoint.file(), "{\"x\":1}");
    requireReadOrRefused(other, new LatentState(new TopContexts(16, latent -> true, 3, 2)));
  }

  private static void requireReadOrRefused(Checkpoint checkpoint, PassState state)
      throws IOException {
    try {
      checkpoint.load(state);
    } catch (FormatException e) {
      assertThat(e)
          .hasMessageStartingWith(checkpoint.file() + ": ")
          .hasMessageNotContaining("null");
    }
  }
}
