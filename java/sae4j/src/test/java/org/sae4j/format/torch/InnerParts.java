package org.sae4j.format.torch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.sae4j.format.FormatException;
import org.sae4j.testing.Refusal;

/** Inner parts, of which the first byte of an input chooses one and the others replace it. */
public final class InnerParts {
  private record Choice(Path path, InnerPart part) {}

  private final List<Choice> choices = new ArrayList<>();

  /** Reads the file or folder in which a part was replaced. */
  @FunctionalInterface
  public interface Reading {
    void read(Path path) throws IOException;
  }

  /** Adds a part of a file or folder. */
  public void add(Path path, InnerPart part) {
    choices.add(new Choice(path, part));
  }

  /** The inputs that replace nothing. */
  public Stream<byte[]> sound() throws IOException {
    List<byte[]> inputs = new ArrayList<>();
    for (Choice choice : choices) {
      byte[] part = choice.part().bytes();
      byte[] input = new byte[1 + part.length];
      input[0] = (byte) inputs.size();
      System.arraycopy(part, 0, input, 1, part.length);
      inputs.add(input);
    }
    return inputs.stream();
  }

  /** Replaces what an input says, and sees that it is read or refused. */
  public void check(byte[] input, Reading reading) throws IOException {
    if (input.length == 0) {
      return;
    }
    Choice choice = choices.get((input[0] & 0xff) % choices.size());
    try {
      choice.part().replace(Arrays.copyOfRange(input, 1, input.length));
      Refusal.of(choice.path(), FormatException.class, () -> reading.read(choice.path()));
    } finally {
      choice.part().restore();
    }
  }
}
