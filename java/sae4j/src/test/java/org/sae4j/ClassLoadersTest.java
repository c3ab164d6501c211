package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.sae4j.eval.Evaluation;
import org.sae4j.eval.Metric;

/** Several sae4j's in one JVM, as a servlet container has that reloads a web application. */
class ClassLoadersTest {
  /** What a web application does; it is in a class loader with a sae4j of its own. */
  public static final class Application {
    private Application() {}

    public static double kl() throws Exception {
      try (Model model = Fixtures.model();
          Sae sae = Fixtures.sae(Fixtures.SAE_K16)) {
        return Evaluation.of(model, sae).run(Fixtures.firstTwo()).get(Metric.KL);
      }
    }

    /** What JavaCPP wants of an application that ends: its thread would keep the class loader. */
    public static void end() {
      Pointer.interruptDeallocatorThread();
    }
  }

  @Test
  void eachClassLoaderHasAnEngine() throws Exception {
    double expected = Application.kl();
    try (URLClassLoader first = classLoader();
        URLClassLoader second = classLoader()) {
      assertThat(call(first, "kl")).isEqualTo(expected);
      assertThat(call(second, "kl")).isEqualTo(expected);
      assertThat(call(first, "kl")).isEqualTo(expected);
    }
    assertThat(Application.kl()).isEqualTo(expected);
    assertThat(copies()).isEmpty();
  }

  @Test
  void reloadingLeavesNothingBehind() throws Exception {
    double expected = Application.kl();
    List<WeakReference<ClassLoader>> ended = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ended.add(runAndEnd(expected));
    }
    // the last one may be kept by Java itself, which remembers the last record that was hashed
    ended.remove(ended.size() - 1);
    for (int i = 0; i < 100 && !ended.stream().allMatch(loader -> loader.refersTo(null)); i++) {
      System.gc();
      Thread.sleep(20);
    }
    assertThat(ended).allMatch(loader -> loader.refersTo(null));
    assertThat(copies()).isEmpty();
    assertThat(Application.kl()).isEqualTo(expected);
  }

  private static WeakReference<ClassLoader> runAndEnd(double expected) throws Exception {
    try (URLClassLoader loader = classLoader()) {
      assertThat(call(loader, "kl")).isEqualTo(expected);
      call(loader, "end");
      return new WeakReference<>(loader);
    }
  }

  private static Object call(ClassLoader loader, String method) throws Exception {
    Class<?> application = loader.loadClass(Application.class.getName());
    assertThat(application).isNotSameAs(Application.class);
    return application.getMethod(method).invoke(null);
  }

  /** All classes once more, with nothing but Java itself above them. */
  private static URLClassLoader classLoader() throws Exception {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<URL> urls = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator)) {
      urls.add(new File(entry).toURI().toURL());
    }
    return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
  }

  private static List<Path> copies() throws Exception {
    try (Stream<Path> files = Files.walk(Path.of(System.getProperty("org.sae4j.library.cache")))) {
      return files.filter(file -> file.getFileName().toString().startsWith("copy-")).toList();
    }
  }
}
