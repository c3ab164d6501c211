package org.sae4j;

import static org.sae4j.engine.global.sae4j.SAE4J_HOOK_INSIDE;
import static org.sae4j.engine.global.sae4j.sae4j_model_get_hook;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sae4j.arch.HookPoint;
import org.sae4j.engine.sae4j_hook_info;
import org.sae4j.engine.sae4j_model;
import org.sae4j.memory.CallMemory;

/** The hook points that the engine has of a model, in the order in which it computes them. */
final class HookTable {
  private final Map<HookPoint, Entry> entries = new LinkedHashMap<>();

  private record Entry(int width, boolean directPath) {}

  HookTable(sae4j_model model) {
    try (CallMemory memory = new CallMemory()) {
      sae4j_hook_info info = memory.keep(sae4j_model_get_hook(model, 0));
      while (info.name() != null) {
        entries.put(
            HookPoint.of(Engine.utf8(info.name())),
            new Entry(info.width(), info.kind() != SAE4J_HOOK_INSIDE));
        info = memory.keep(sae4j_model_get_hook(model, entries.size()));
      }
    }
  }

  List<HookPoint> points() {
    return List.copyOf(entries.keySet());
  }

  /** Returns a point if the model has it, else says what it has. */
  HookPoint require(HookPoint point) {
    if (!entries.containsKey(point)) {
      int layers = entries.keySet().stream().mapToInt(HookPoint::layer).max().orElse(0);
      throw new IllegalArgumentException(
          "unknown hook \"" + point + "\": the model has layers 0 to " + layers);
    }
    return point;
  }

  /** The floats of an activation per token. */
  int width(HookPoint point) {
    return entries.get(require(point)).width;
  }

  /** Tells whether what is put there goes on to the logits by the direct path. */
  boolean hasDirectPath(HookPoint point) {
    return entries.get(require(point)).directPath;
  }
}
