package org.sae4j.format.torch;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.sae4j.format.FormatException;

/**
 * Refuses values that hold themselves or nest deeper than any file needs.
 *
 * <p>Walks depth first with a stack of its own, each container once.
 */
final class PickleNesting {
  private static final int MAX_DEPTH = 64;

  /** A container on the way from the root, with the children that are still to be visited. */
  private record Step(Object container, Iterator<?> children) {}

  private final Path file;
  private final Deque<Step> path = new ArrayDeque<>();

  /** True while a container is on the path, false once it is done. */
  private final Map<Object, Boolean> open = new IdentityHashMap<>();

  private PickleNesting(Path file) {
    this.file = file;
  }

  static void check(Path file, Object root) throws FormatException {
    PickleNesting walk = new PickleNesting(file);
    walk.enter(root);
    while (!walk.path.isEmpty()) {
      Step step = walk.path.peek();
      if (step.children().hasNext()) {
        walk.enter(step.children().next());
      } else {
        walk.open.put(walk.path.pop().container(), false);
      }
    }
  }

  private void enter(Object value) throws FormatException {
    Collection<?> children = children(value);
    if (children.isEmpty()) {
      return;
    }
    Boolean onPath = open.get(value);
    if (onPath == null) {
      open.put(value, true);
      path.push(new Step(value, children.iterator()));
    } else if (onPath) {
      throw FormatException.of(file, "pickle has a container that holds itself");
    }
    if (path.size() > MAX_DEPTH) {
      throw FormatException.of(file, "pickle nests deeper than " + MAX_DEPTH);
    }
  }

  private static Collection<?> children(Object value) {
    if (value instanceof PickleSequence sequence) {
      return sequence.elements();
    }
    return value instanceof PickleDict dict ? dict.entries().values() : List.of();
  }
}
