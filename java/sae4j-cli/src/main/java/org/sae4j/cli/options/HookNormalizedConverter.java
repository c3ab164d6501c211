package org.sae4j.cli.options;

import org.sae4j.arch.HookNormalized;

/** Reads on which side of a layer norm's weight and bias hook_normalized is. */
final class HookNormalizedConverter extends KeyConverter<HookNormalized> {
  HookNormalizedConverter() {
    super(HookNormalized.values(), HookNormalized::key);
  }
}
