package org.sae4j.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.sae4j.Model;

/** Opening the test model, 3 million weights and a vocabulary, in each of its formats. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class LoadBenchmark {
  /** Started from the root of the project, as Maven does. */
  @Param("test-data")
  String testData;

  /** GGUF files, and a Hugging Face folder. */
  @Param({"model-f32.gguf", "model-f16.gguf", "model-q8_0.gguf", "model"})
  String file;

  @Benchmark
  public long open() throws IOException {
    try (Model model = Model.open(Path.of(testData, file))) {
      return model.weightBytes();
    }
  }
}
