package org.sae4j.pass;

/** All that a pass over a corpus keeps of what it has run; a checkpoint holds it. */
public interface PassState {
  /** What a pass keeps that hands on all it finds. */
  PassState NOTHING =
      new PassState() {
        @Override
        public long done() {
          return 0;
        }

        @Override
        public void addTime(long nanos) {}

        @Override
        public void visit(Archive archive) {}
      };

  /** The tokens that have passed through the model. */
  long done();

  /** Notes that the pass took more time. */
  void addTime(long nanos);

  /** Writes or reads all of it. */
  void visit(Archive archive);
}
