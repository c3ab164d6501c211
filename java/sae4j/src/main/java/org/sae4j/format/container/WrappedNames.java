package org.sae4j.format.container;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Names of tensors without what PyTorch puts before all of them when a module is wrapped: {@code
 * torch.compile} puts {@code _orig_mod.}, {@code DataParallel} puts {@code module.}.
 */
public final class WrappedNames {
  private static final List<String> PREFIXES = List.of("_orig_mod.", "module.");

  private WrappedNames() {}

  /** The same map, its keys without the prefixes that all of them have. */
  public static <T> Map<String, T> unwrap(Map<String, T> named) {
    for (String prefix : PREFIXES) {
      if (!named.isEmpty() && named.keySet().stream().allMatch(name -> name.startsWith(prefix))) {
        Map<String, T> unwrapped = new LinkedHashMap<>();
        named.forEach((name, value) -> unwrapped.put(name.substring(prefix.length()), value));
        return unwrap(unwrapped);
      }
    }
    return named;
  }
}
