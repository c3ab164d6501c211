package org.sae4j.format.container;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/** The element types that tensor files use. */
public enum DType {
  F64(8, "DoubleStorage"),
  F32(4, "FloatStorage"),
  F16(2, "HalfStorage"),
  BF16(2, "BFloat16Storage"),
  I64(8, "LongStorage"),
  I32(4, "IntStorage"),
  I16(2, "ShortStorage"),
  I8(1, "CharStorage"),
  U8(1, "ByteStorage"),
  BOOL(1, "BoolStorage"),
  U16(2),
  U32(4),
  // The rest can be listed, but sae4j does no arithmetic with them.
  U64(8),
  F8_E4M3(1),
  F8_E5M2(1),
  F8_E8M0(1),
  C64(8);

  private final int bytes;
  private final Optional<String> torchStorage;

  DType(int bytes) {
    this.bytes = bytes;
    this.torchStorage = Optional.empty();
  }

  DType(int bytes, String torchStorage) {
    this.bytes = bytes;
    this.torchStorage = Optional.of(torchStorage);
  }

  /** The size of one element. */
  public int bytes() {
    return bytes;
  }

  /** The name in a safetensors header. */
  public String safetensorsName() {
    return name();
  }

  /** The class in Python's module {@code torch} that stores this type, if sae4j reads it. */
  public Optional<String> torchStorage() {
    return torchStorage;
  }

  /** Finds a type by its name in a safetensors header. */
  public static Optional<DType> ofSafetensors(String name) {
    return Arrays.stream(values()).filter(t -> t.safetensorsName().equals(name)).findFirst();
  }

  /** Finds a type by the class in Python's module {@code torch} that stores it. */
  public static Optional<DType> ofTorchStorage(String className) {
    return Arrays.stream(values())
        .filter(t -> t.torchStorage.isPresent() && t.torchStorage.get().equals(className))
        .findFirst();
  }

  /** Finds a type by NumPy's description of it, such as {@code <f4}, if it is little-endian. */
  public static Optional<DType> ofNumpy(String descr) {
    return Optional.ofNullable(
        switch (descr) {
          case "<f8" -> F64;
          case "<f4" -> F32;
          case "<f2" -> F16;
          case "<i8" -> I64;
          case "<i4" -> I32;
          case "<i2" -> I16;
          case "|i1" -> I8;
          case "<u8" -> U64;
          case "<u4" -> U32;
          case "<u2" -> U16;
          case "|u1" -> U8;
          case "|b1" -> BOOL;
          default -> null;
        });
  }

  /** Tells whether weights may have this type. */
  public boolean isFloating() {
    return this == F64 || this == F32 || this == F16 || this == BF16;
  }

  /** Tells whether {@link #toDouble} can convert elements of this type. */
  public boolean isConvertible() {
    return torchStorage.isPresent() || this == U16 || this == U32;
  }

  /** Converts the element at a byte position of a little-endian buffer. */
  public double toDouble(ByteBuffer source, int position) {
    requireLittleEndian(source);
    return switch (this) {
      case F64 -> source.getDouble(position);
      case F32 -> source.getFloat(position);
      case F16 -> halfToFloat(source.getShort(position));
      case BF16 -> Float.intBitsToFloat(source.getShort(position) << 16);
      case I64 -> source.getLong(position);
      case I32 -> source.getInt(position);
      case I16 -> source.getShort(position);
      case I8 -> source.get(position);
      case U8, BOOL -> source.get(position) & 0xff;
      case U16 -> source.getShort(position) & 0xffff;
      case U32 -> source.getInt(position) & 0xffff_ffffL;
      default -> throw new IllegalArgumentException("cannot convert " + this);
    };
  }

  private static void requireLittleEndian(ByteBuffer source) {
    if (source.order() != ByteOrder.LITTLE_ENDIAN) {
      throw new IllegalArgumentException("not a little-endian buffer");
    }
  }

  private static float halfToFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >>> 10) & 0x1f;
    int mantissa = half & 0x3ff;
    if (exponent == 0) {
      // Zero and subnormals are multiples of 2⁻²⁴, which a float holds exactly.
      float magnitude = mantissa * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    int widened = exponent == 0x1f ? 0xff : exponent - 15 + 127;
    return Float.intBitsToFloat(sign | widened << 23 | mantissa << 13);
  }
}
