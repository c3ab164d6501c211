package org.sae4j.format.torch;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A list or tuple from a pickle.
 *
 * <p>A pickle can make a container hold itself. So equality is identity, and no method visits what
 * the elements hold.
 */
final class PickleSequence {
  private final boolean tuple;
  private final List<Object> elements;

  private PickleSequence(boolean tuple, List<Object> elements) {
    this.tuple = tuple;
    this.elements = elements;
  }

  static PickleSequence tuple(List<Object> elements) {
    return new PickleSequence(true, List.copyOf(elements));
  }

  static PickleSequence list() {
    return new PickleSequence(false, new ArrayList<>(0));
  }

  boolean isTuple() {
    return tuple;
  }

  List<Object> elements() {
    return Collections.unmodifiableList(elements);
  }

  void append(Object element) {
    elements.add(element);
  }

  @Override
  public String toString() {
    return (tuple ? "tuple" : "list") + " of " + elements.size();
  }
}
