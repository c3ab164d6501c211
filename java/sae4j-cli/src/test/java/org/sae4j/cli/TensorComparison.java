package org.sae4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.sae4j.format.container.Safetensors;
import org.sae4j.testing.TestData;

/** Compares tensors of two safetensors files. */
public final class TensorComparison {
  private static final float TOLERANCE = 2e-4f;

  private TensorComparison() {}

  public static void assertClose(Path found, String expected, String tensor) throws IOException {
    assertClose(found, tensor, expected, tensor);
  }

  /** Fails unless the shapes are the same and no two numbers differ by more than 2e-4. */
  public static void assertClose(Path found, String tensor, String expected, String expectedTensor)
      throws IOException {
    Safetensors foundFile = Safetensors.read(found);
    Safetensors expectedFile = Safetensors.read(TestData.path(expected));
    assertThat(foundFile.tensor(tensor).shape())
        .as(tensor)
        .isEqualTo(expectedFile.tensor(expectedTensor).shape());
    float[] a = foundFile.tensor(tensor).toFloats();
    float[] b = expectedFile.tensor(expectedTensor).toFloats();
    float largest = 0;
    for (int i = 0; i < a.length; i++) {
      largest = Math.max(largest, Math.abs(a[i] - b[i]));
    }
    assertThat(largest).as(tensor).isLessThanOrEqualTo(TOLERANCE);
  }
}
