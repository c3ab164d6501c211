package org.sae4j.pass;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Writes values exactly, bit by bit. */
final class ArchiveWriter implements Archive {
  private final DataOutputStream out;

  private ArchiveWriter(DataOutputStream out) {
    this.out = out;
  }

  static void write(PassState state, DataOutputStream out) throws IOException {
    try {
      state.visit(new ArchiveWriter(out));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public long number(long value) {
    try {
      out.writeLong(value);
      return value;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public double[] doubles(double[] values) {
    number(values.length);
    for (double value : values) {
      number(Double.doubleToRawLongBits(value));
    }
    return values;
  }

  @Override
  public long[] longs(long[] values) {
    number(values.length);
    for (long value : values) {
      number(value);
    }
    return values;
  }

  @Override
  public long[] signed(long[] values) {
    return longs(values);
  }
}
