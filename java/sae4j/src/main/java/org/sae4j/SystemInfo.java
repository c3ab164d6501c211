package org.sae4j;

import static org.sae4j.engine.global.sae4j.sae4j_get_system_info;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.sae4j.engine.loader.NativeEngine;
import org.sae4j.engine.sae4j_system_info;

/**
 * Which engine runs, and what it found on this machine.
 *
 * @param version the version of sae4j's engine
 * @param llamaVersion the version of llama.cpp in it
 * @param blas what does the products of attention: OpenBLAS's version and kernels, or {@code own
 *     kernels} and why OpenBLAS cannot be used here
 * @param kernels the level of sae4j's own kernels on this processor: {@code avx2}, {@code avx512}
 * @param platform the operating system and processor family: {@code linux-x86_64}
 */
public record SystemInfo(
    String version, String llamaVersion, String blas, String kernels, String platform) {

  /** Asks the engine, and loads it if it is not yet. */
  public static SystemInfo get() {
    Engine.load();
    sae4j_system_info info = sae4j_get_system_info();
    return new SystemInfo(
        text(info.version()),
        text(info.llama_version()),
        NativeEngine.openBlasFailure()
            .map(reason -> "own kernels, because OpenBLAS cannot be used: " + reason)
            .orElseGet(() -> text(info.blas())),
        text(info.kernels()),
        Loader.getPlatform());
  }

  private static String text(BytePointer chars) {
    return chars == null || chars.isNull() ? "unknown" : Engine.utf8(chars);
  }
}
