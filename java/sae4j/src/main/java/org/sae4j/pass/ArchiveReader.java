package org.sae4j.pass;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Reads values that an {@link ArchiveWriter} has written. */
final class ArchiveReader implements Archive {
  private final DataInputStream in;
  private final long bytes;

  private ArchiveReader(DataInputStream in, long bytes) {
    this.in = in;
    this.bytes = bytes;
  }

  /**
   * Reads all of a state.
   *
   * @param bytes how many there can be at most
   * @throws IllegalArgumentException if there is something else
   */
  static void read(PassState state, DataInputStream in, long bytes) throws IOException {
    try {
      state.visit(new ArchiveReader(in, bytes));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public long number(long value) {
    long read = next();
    if (read < 0) {
      throw new IllegalArgumentException("expected a number from 0, found " + read);
    }
    return read;
  }

  private long next() {
    try {
      return in.readLong();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public double[] doubles(double[] values) {
    double[] read = new double[length(values.length)];
    for (int i = 0; i < read.length; i++) {
      read[i] = Double.longBitsToDouble(next());
    }
    return read;
  }

  @Override
  public long[] longs(long[] values) {
    long[] read = new long[length(values.length)];
    for (int i = 0; i < read.length; i++) {
      read[i] = number(0);
    }
    return read;
  }

  @Override
  public long[] signed(long[] values) {
    long[] read = new long[length(values.length)];
    for (int i = 0; i < read.length; i++) {
      read[i] = next();
    }
    return read;
  }

  /** An array may have grown, but no further than the file. */
  private int length(int least) {
    long length = number(0);
    if (length < least || length > bytes / Long.BYTES) {
      throw new IllegalArgumentException(
          "expected an array of at least %d values, found %d".formatted(least, length));
    }
    return Math.toIntExact(length);
  }
}
