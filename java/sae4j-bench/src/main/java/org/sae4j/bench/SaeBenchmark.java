package org.sae4j.bench;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.sae4j.Latents;
import org.sae4j.Sae;

/** An SAE on Java arrays: TopK, 32768 latents, on all processors. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class SaeBenchmark {
  @Param({"1", "64", "1024"})
  int tokens;

  private Sae sae;
  private float[] x;
  private Latents latents;

  @Setup
  public void open() throws IOException {
    try (SaeFolder folder = SaeFolder.gpt2Small()) {
      sae = Sae.open(folder.path());
    }
    x = Gpt2Small.normal(1, tokens * sae.config().dIn(), 1);
    latents = sae.encode(x);
  }

  @TearDown
  public void close() {
    sae.close();
  }

  @Benchmark
  public Latents encode() {
    return sae.encode(x);
  }

  @Benchmark
  public float[] decode() {
    return sae.decode(latents);
  }

  @Benchmark
  public float[] reconstruct() {
    return sae.reconstruct(x);
  }
}
