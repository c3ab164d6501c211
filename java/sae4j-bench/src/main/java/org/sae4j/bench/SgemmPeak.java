package org.sae4j.bench;

import static org.bytedeco.openblas.global.openblas_nolapack.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemm;
import static org.bytedeco.openblas.presets.openblas_nolapack.blas_set_num_threads;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;

/**
 * What OpenBLAS itself reaches on this machine at the shapes of the model's products.
 *
 * <p>As the engine's own kernels share the work: each thread multiplies its own slab of the
 * weights, and OpenBLAS starts none. The library is the engine's.
 */
final class SgemmPeak {
  private static final int[][] SHAPES = {
    {768, 2304}, {768, 3072}, {3072, 768}, {768, 32768}, {768, 50257}
  };

  /** One product x [TOKENS, in] by Wᵀ, W [out, in]. */
  record Product(int in, int out, double gflops) {
    @Override
    public String toString() {
      return String.format("%d x %d by %d x %d: %.0f", Gpt2Small.TOKENS, in, in, out, gflops);
    }
  }

  private SgemmPeak() {}

  /** The best of some rounds of each product, in GFLOP/s. */
  static List<Product> measure(int threads, int rounds) throws Exception {
    blas_set_num_threads(1);
    requireSameLibrary();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Product> products = new ArrayList<>();
      for (int[] shape : SHAPES) {
        products.add(measure(pool, threads, rounds, shape[0], shape[1]));
      }
      return products;
    } finally {
      pool.shutdown();
    }
  }

  private static Product measure(ExecutorService pool, int threads, int rounds, int in, int out)
      throws Exception {
    int m = Gpt2Small.TOKENS;
    try (FloatPointer x = random((long) m * in);
        FloatPointer w = random((long) out * in);
        FloatPointer y = random((long) m * out)) {
      List<Callable<Void>> slabs = new ArrayList<>();
      int step = (out + threads - 1) / threads;
      for (int first = 0; first < out; first += step) {
        int begin = first;
        int n = Math.min(step, out - first);
        slabs.add(
            () -> {
              cblas_sgemm(
                  CblasRowMajor,
                  CblasNoTrans,
                  CblasTrans,
                  m,
                  n,
                  in,
                  1,
                  x,
                  in,
                  w.getPointer((long) begin * in),
                  in,
                  0,
                  y.getPointer(begin),
                  out);
              return null;
            });
      }
      Timing product =
          Timing.of(
              () -> {
                for (Future<Void> slab : pool.invokeAll(slabs)) {
                  slab.get();
                }
              });
      double best = Double.POSITIVE_INFINITY;
      for (int round = 0; round <= rounds; round++) {
        best = Math.min(best, product.seconds());
      }
      return new Product(in, out, 2.0 * m * in * out / best / 1e9);
    }
  }

  private static FloatPointer random(long count) {
    float[] some = Gpt2Small.normal(count, 1 << 16, 1);
    FloatPointer values = new FloatPointer(count);
    for (long i = 0; i < count; i += some.length) {
      values.getPointer(i).put(some, 0, (int) Math.min(some.length, count - i));
    }
    return values;
  }

  /**
   * Where the system tells: the library measured and the engine's must be the same. JavaCPP loads
   * it a second time for its own binding, under another name.
   */
  private static void requireSameLibrary() throws IOException {
    Path maps = Path.of("/proc/self/maps");
    if (Files.notExists(maps)) {
      return;
    }
    List<Path> libraries;
    try (Stream<String> lines = Files.lines(maps)) {
      libraries =
          lines
              .filter(line -> line.contains("/libopenblas"))
              .map(line -> Path.of(line.substring(line.indexOf('/'))))
              .distinct()
              .toList();
    }
    for (Path library : libraries) {
      if (Files.mismatch(libraries.get(0), library) >= 0) {
        throw new IllegalStateException("several OpenBLAS libraries: " + libraries);
      }
    }
  }
}
