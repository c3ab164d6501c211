package org.sae4j.engine.presets;

import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Maps {@code native/include/sae4j.h} to Java.
 *
 * <p>It does not inherit bytedeco's openblas presets: those may load another BLAS than the one in
 * their jar, and bring 23 MB of JNI code that nothing here calls.
 */
@Properties(
    target = "org.sae4j.engine",
    global = "org.sae4j.engine.global.sae4j",
    value =
        @Platform(include = "sae4j.h", define = "STRING_BYTES_CHARSET \"UTF-8\"", link = "sae4j"))
@NoException
public class sae4j implements InfoMapper {
  @Override
  public void map(InfoMap infoMap) {
    infoMap
        .put(new Info("SAE4J_API").cppTypes().annotations())
        // only ever seen behind a pointer
        .put(new Info("sae4j_model", "sae4j_sae", "sae4j_session", "sae4j_patching").purify());
  }
}
