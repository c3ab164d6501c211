package org.sae4j.memory;

import java.util.HashMap;
import java.util.Map;
import org.sae4j.arch.HookPoint;

/** The blocks that a session's runs write into: one for each activation, and one for logits. */
public final class SessionMemory implements AutoCloseable {
  private static final String LOGITS = "logits";

  private final Map<String, NativeBlock> blocks = new HashMap<>();
  private Lifespan latest = new Lifespan();
  private boolean closed;

  /** Ends the results of the run before and begins those of the next. */
  public synchronized Lifespan beginRun() {
    latest.end("its session has run again");
    latest = new Lifespan();
    return latest;
  }

  public NativeBlock activation(HookPoint point, long floats) {
    return block(point.name(), floats);
  }

  public NativeBlock logits(long floats) {
    return block(LOGITS, floats);
  }

  /** A block with room for this many floats: the one of the run before, if it is large enough. */
  private synchronized NativeBlock block(String name, long floats) {
    if (closed) {
      throw new IllegalStateException("this session is closed");
    }
    NativeBlock old = blocks.get(name);
    if (old != null && old.capacity() >= floats) {
      return old;
    }
    NativeBlock larger = NativeBlock.allocate(floats, name);
    blocks.put(name, larger);
    if (old != null) {
      old.close();
    }
    return larger;
  }

  @Override
  public synchronized void close() {
    closed = true;
    latest.end("its session is closed");
    blocks.values().forEach(NativeBlock::close);
    blocks.clear();
  }
}
