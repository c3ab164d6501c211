package org.sae4j.bench;

import java.io.IOException;
import java.nio.file.Files;
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
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.sae4j.Model;

/** The tokenizer of the test model on 42 kB of prose. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class TextBenchmark {
  /** Started from the root of the project, as Maven does. */
  @Param("test-data")
  String testData;

  private Model model;
  private String text;
  private int[] tokens;

  @Setup
  public void open() throws IOException {
    Path folder = Path.of(testData);
    model = Model.open(folder.resolve("model-f32.gguf"));
    text = Files.readString(folder.resolve("texts/prose.txt"));
    tokens = model.tokenizer().encode(text);
  }

  @TearDown
  public void close() {
    model.close();
  }

  @Benchmark
  public int[] encode() {
    return model.tokenizer().encode(text);
  }

  @Benchmark
  public String decode() {
    return model.tokenizer().decode(tokens);
  }
}
