package org.sae4j.cli.options;

import org.sae4j.arch.HookPoint;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a hook. */
public final class HookConverter implements ITypeConverter<HookPoint> {
  @Override
  public HookPoint convert(String name) {
    try {
      return HookPoint.of(name);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
