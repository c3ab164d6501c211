package org.sae4j.engine.loader;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.sae4j.engine.global.sae4j.SAE4J_BAD_ARGUMENT;
import static org.sae4j.engine.global.sae4j.SAE4J_OK;
import static org.sae4j.engine.global.sae4j.sae4j_get_system_info;
import static org.sae4j.engine.global.sae4j.sae4j_last_error;
import static org.sae4j.engine.global.sae4j.sae4j_session_default_params;
import static org.sae4j.engine.global.sae4j.sae4j_session_free;
import static org.sae4j.engine.global.sae4j.sae4j_session_new;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.sae4j.engine.sae4j_session;
import org.sae4j.engine.sae4j_session_params;
import org.sae4j.engine.sae4j_system_info;

class NativeEngineTest {
  @BeforeAll
  static void load() {
    NativeEngine.load();
  }

  @Test
  void loadsTwice() {
    NativeEngine.load();
  }

  @Test
  void liftsTheLimitOfJavaCpp() {
    assertThat(org.bytedeco.javacpp.Pointer.maxPhysicalBytes()).isZero();
  }

  @Test
  void saysWhatItIs() {
    sae4j_system_info info = sae4j_get_system_info();
    assertThat(info.version().getString(UTF_8)).matches("\\d+\\.\\d+\\.\\d+.*");
    assertThat(info.llama_version().getString(UTF_8)).startsWith("v");
    assertThat(info.kernels().getString(UTF_8)).isNotEmpty();
  }

  @Test
  void loadsBytedecosOpenBlasAndNoneOfItsWrappers() throws IOException {
    Path maps = Path.of("/proc/self/maps");
    if (Files.isReadable(maps)) {
      String libraries = Files.readString(maps);
      assertThat(libraries.lines().filter(line -> line.contains("openblas")))
          .isNotEmpty()
          .allMatch(line -> line.contains("org/sae4j/native"))
          .noneMatch(line -> line.contains("jniopenblas"));
      assertThat(libraries).doesNotContain("libmkl");
    }
  }

  @Test
  void opensAndClosesSession() {
    sae4j_session session = new sae4j_session();
    assertThat(sae4j_session_new(sae4j_session_default_params(), session)).isEqualTo(SAE4J_OK);
    assertThat(session.isNull()).isFalse();
    sae4j_session_free(session);
  }

  @Test
  void tellsWhyACallFailed() {
    sae4j_session_params params = sae4j_session_default_params().n_threads(-3);
    int status = sae4j_session_new(params, new sae4j_session());
    assertThat(status).isEqualTo(SAE4J_BAD_ARGUMENT);
    assertThat(sae4j_last_error().getString(UTF_8)).contains("threads", "-3");
  }
}
