package org.sae4j.format.sae;

import java.util.List;
import org.sae4j.format.SaeOverrides;

/** Whether an SAE is of a mean-centred stream once the file and the caller have been heard. */
final class Centring {
  private Centring() {}

  /** Lets the caller's word win over the file's, and notes it where it does. */
  static boolean of(boolean declared, SaeOverrides overrides, List<String> assumptions) {
    boolean centred = overrides.centred().orElse(declared);
    if (centred != declared) {
      assumptions.add(
          "centred "
              + centred
              + ": given by the caller, instead of "
              + (declared ? "the file's" : "what the file says or leaves out"));
    }
    return centred;
  }
}
