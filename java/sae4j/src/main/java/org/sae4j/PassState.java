package org.sae4j;

/** All that a pass over a corpus keeps of what it has run; a checkpoint holds it. */
interface PassState {

  /** The tokens that have passed through the model. */
  long done();

  /** Notes that the pass took more time. */
  void addTime(long nanos);

  /** Writes or reads all of it. */
  void visit(Archive archive);
}
