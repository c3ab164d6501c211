package org.sae4j.tokens;

import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which tokens of a batch something applies to.
 *
 * <p>Positions count from 0 in each sequence. A position beyond the end of a sequence selects
 * nothing in it.
 */
public sealed interface Positions {

  /** Every token. */
  static Positions all() {
    return new All();
  }

  /** Every token but the first of each sequence, which is often the beginning-of-sequence token. */
  static Positions allButFirst() {
    return new AllButFirst();
  }

  /** The last token of each sequence. */
  static Positions last() {
    return new Last();
  }

  /** The given positions in each sequence. */
  static Positions of(int... positions) {
    return new At(Arrays.stream(positions).boxed().collect(Collectors.toSet()));
  }

  /** Every token whose id is none of these. */
  static Positions exceptTokens(int... ids) {
    return new ExceptTokens(Arrays.stream(ids).boxed().collect(Collectors.toSet()));
  }

  /** The tokens that both select. */
  default Positions and(Positions other) {
    return new Both(this, other);
  }

  /**
   * Tells whether a token is selected.
   *
   * @param position its position in its sequence, from 0
   * @param length the length of that sequence
   * @param token its id
   */
  boolean includes(int position, int length, int token);

  /** Every token. */
  record All() implements Positions {
    @Override
    public boolean includes(int position, int length, int token) {
      return true;
    }

    @Override
    public String toString() {
      return "all";
    }
  }

  /** Every token but the first of each sequence. */
  record AllButFirst() implements Positions {
    @Override
    public boolean includes(int position, int length, int token) {
      return position > 0;
    }

    @Override
    public String toString() {
      return "all but first";
    }
  }

  /** The last token of each sequence. */
  record Last() implements Positions {
    @Override
    public boolean includes(int position, int length, int token) {
      return position == length - 1;
    }

    @Override
    public String toString() {
      return "last";
    }
  }

  /**
   * Chosen positions.
   *
   * @param positions from 0, the same in each sequence
   */
  record At(Set<Integer> positions) implements Positions {
    public At {
      positions = Set.copyOf(positions);
      for (int position : positions) {
        if (position < 0) {
          throw new IllegalArgumentException("positions count from 0, not " + position);
        }
      }
    }

    @Override
    public boolean includes(int position, int length, int token) {
      return positions.contains(position);
    }

    @Override
    public String toString() {
      return "positions " + new TreeSet<>(positions);
    }
  }

  /**
   * Every token but those with certain ids.
   *
   * @param ids the ids left out
   */
  record ExceptTokens(Set<Integer> ids) implements Positions {
    public ExceptTokens {
      ids = Set.copyOf(ids);
    }

    @Override
    public boolean includes(int position, int length, int token) {
      return !ids.contains(token);
    }

    @Override
    public String toString() {
      return "all but tokens " + new TreeSet<>(ids);
    }
  }

  /**
   * The tokens that both select.
   *
   * @param first one selection
   * @param second the other
   */
  record Both(Positions first, Positions second) implements Positions {
    public Both {
      Objects.requireNonNull(first, "first");
      Objects.requireNonNull(second, "second");
    }

    @Override
    public boolean includes(int position, int length, int token) {
      return first.includes(position, length, token) && second.includes(position, length, token);
    }

    @Override
    public String toString() {
      return first + " and " + second;
    }
  }
}
