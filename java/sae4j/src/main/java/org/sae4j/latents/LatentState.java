package org.sae4j.latents;

import org.sae4j.Latents;
import org.sae4j.pass.Archive;
import org.sae4j.pass.PassState;
import org.sae4j.tokens.Sequences;

/** All that a study of latents keeps of the sequences it has run; a checkpoint holds it. */
public final class LatentState implements PassState {
  private final TopContexts top;
  private long sequences;
  private long tokensRun;
  private long tokens;
  private long nanos;

  public LatentState(TopContexts top) {
    this.top = top;
  }

  /**
   * Looks at a batch.
   *
   * @param z the latents of its tokens
   * @param counted [tokens] those that count
   */
  void add(Sequences batch, Latents z, boolean[] counted) {
    for (int s = 0; s < batch.count(); s++) {
      top.add(sequences++, batch.sequence(s), z, batch.offset(s), counted);
    }
    tokensRun += batch.tokens();
    for (boolean token : counted) {
      tokens += token ? 1 : 0;
    }
  }

  TopContexts top() {
    return top;
  }

  /** The sequences run. */
  public long sequences() {
    return sequences;
  }

  /** The counted ones of the tokens run. */
  long tokens() {
    return tokens;
  }

  double seconds() {
    return nanos / 1e9;
  }

  /** The tokens run. */
  @Override
  public long done() {
    return tokensRun;
  }

  @Override
  public void addTime(long moreNanos) {
    nanos += moreNanos;
  }

  @Override
  public void visit(Archive archive) {
    top.visit(archive);
    sequences = archive.number(sequences);
    top.requireOf(sequences);
    tokensRun = archive.number(tokensRun);
    tokens = archive.number(tokens);
    nanos = archive.number(nanos);
  }
}
