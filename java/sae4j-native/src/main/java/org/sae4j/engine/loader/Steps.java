package org.sae4j.engine.loader;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Numbers the steps of loading in the log of {@link NativeEngine}. */
final class Steps {
  private static final Logger LOG = System.getLogger(NativeEngine.class.getName());

  private int count;

  void done(String what, Object result) {
    count++;
    LOG.log(Level.DEBUG, "{0}. {1}: {2}", count, what, result);
  }
}
