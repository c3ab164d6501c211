package org.sae4j.format.container;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Weights of SAEs that mean nothing but leave no sign or place untested. */
public final class RandomTensors {
  private final SplittableRandom random;

  public RandomTensors(long seed) {
    random = new SplittableRandom(seed);
  }

  /** Normal numbers, in memory as files have them. */
  public byte[] f32(double deviation, long... shape) {
    int count = (int) Arrays.stream(shape).reduce(1, Math::multiplyExact);
    ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      bytes.putFloat((float) (deviation * random.nextGaussian()));
    }
    return bytes.array();
  }

  /** Numbers from 0 to a largest one. */
  public byte[] positive(double largest, int count) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      bytes.putFloat((float) (largest * random.nextDouble()));
    }
    return bytes.array();
  }
}
