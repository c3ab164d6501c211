package org.sae4j;

import java.nio.FloatBuffer;
import java.util.Objects;
import org.sae4j.tokens.Positions;

/**
 * Something done to an activation while the model runs.
 *
 * <p>Several edits at one hook point are done in order, each seeing the result of the one before.
 */
public sealed interface Edit {

  /** Replaces the activation by zero. */
  static Replacement zero() {
    return new Zero(Positions.all());
  }

  /**
   * Replaces every token's activation by the same row, such as the mean over a corpus.
   *
   * @param row [width], copied
   */
  static Replacement mean(float[] row) {
    return new Row(FloatBuffer.wrap(row.clone()).asReadOnlyBuffer(), Positions.all());
  }

  /**
   * Replaces the activation by a given tensor, such as the same activation of another run.
   *
   * @param rows [tokens, width], copied
   */
  static Replacement tensor(float[] rows) {
    return new Tensor(FloatBuffer.wrap(rows.clone()).asReadOnlyBuffer(), Positions.all());
  }

  /**
   * Replaces the activation by a given tensor without a copy, if the buffer is direct.
   *
   * @param rows [tokens, width], from the buffer's position to its limit; every run with this edit
   *     reads what the buffer then holds
   */
  static Replacement tensor(FloatBuffer rows) {
    return new Tensor(rows.slice(), Positions.all());
  }

  /**
   * Adds the same vector to every token's activation (steering).
   *
   * @param vector [width], copied
   */
  static Replacement add(float[] vector) {
    return new Add(FloatBuffer.wrap(vector.clone()).asReadOnlyBuffer(), Positions.all());
  }

  /** Replaces the activation by an SAE's reconstruction of it. */
  static Replacement reconstruct(Sae sae) {
    return new Reconstruct(sae, Positions.all());
  }

  /** Lets Java code read the activation, and overwrite it. */
  static Edit call(ActivationHook hook) {
    return new Call(hook);
  }

  /** An edit that the engine does itself, at chosen positions. */
  sealed interface Replacement extends Edit {
    /** The tokens whose activation is edited. */
    Positions positions();

    /** The same edit at these positions only. */
    Replacement at(Positions positions);
  }

  /**
   * Calls Java code with the whole activation.
   *
   * @param hook the code
   */
  record Call(ActivationHook hook) implements Edit {
    public Call {
      Objects.requireNonNull(hook, "hook");
    }
  }

  /**
   * Replaces the activation by zero.
   *
   * @param positions where
   */
  record Zero(Positions positions) implements Replacement {
    public Zero {
      Objects.requireNonNull(positions, "positions");
    }

    @Override
    public Zero at(Positions positions) {
      return new Zero(positions);
    }
  }

  /**
   * Replaces the activation of each token by the same row.
   *
   * @param row [width]
   * @param positions where
   */
  record Row(FloatBuffer row, Positions positions) implements Replacement {
    public Row {
      Objects.requireNonNull(row, "row");
      Objects.requireNonNull(positions, "positions");
    }

    @Override
    public Row at(Positions positions) {
      return new Row(row, positions);
    }
  }

  /**
   * Replaces the activation by a tensor.
   *
   * @param rows [tokens, width]
   * @param positions where; the rows of other tokens are not read
   */
  record Tensor(FloatBuffer rows, Positions positions) implements Replacement {
    public Tensor {
      Objects.requireNonNull(rows, "rows");
      Objects.requireNonNull(positions, "positions");
    }

    @Override
    public Tensor at(Positions positions) {
      return new Tensor(rows, positions);
    }
  }

  /**
   * Adds a vector to the activation of each token.
   *
   * @param vector [width]
   * @param positions where
   */
  record Add(FloatBuffer vector, Positions positions) implements Replacement {
    public Add {
      Objects.requireNonNull(vector, "vector");
      Objects.requireNonNull(positions, "positions");
    }

    @Override
    public Add at(Positions positions) {
      return new Add(vector, positions);
    }
  }

  /**
   * Replaces the activation by an SAE's reconstruction of it.
   *
   * @param sae the SAE, whose width is the activation's
   * @param positions where
   */
  record Reconstruct(Sae sae, Positions positions) implements Replacement {
    public Reconstruct {
      Objects.requireNonNull(sae, "sae");
      Objects.requireNonNull(positions, "positions");
    }

    @Override
    public Reconstruct at(Positions positions) {
      return new Reconstruct(sae, positions);
    }
  }
}
