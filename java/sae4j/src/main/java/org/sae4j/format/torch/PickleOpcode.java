package org.sae4j.format.torch;

/** Names of pickle opcodes that sae4j refuses, for messages. */
final class PickleOpcode {
  private PickleOpcode() {}

  static String describe(int opcode) {
    String name = name(opcode);
    return name.isEmpty() ? "0x%02x".formatted(opcode) : name;
  }

  private static String name(int opcode) {
    return switch (opcode) {
      case 'o' -> "OBJ";
      case 0x81 -> "NEWOBJ";
      case 0x92 -> "NEWOBJ_EX";
      case 0x82, 0x83, 0x84 -> "EXT";
      case 'P' -> "PERSID";
      case '2' -> "DUP";
      case 'I', 'L', 'F', 'S', 'V', 'p', 'g', 'd', 'l' -> "'%c' of protocol 0".formatted(opcode);
      case 'T', 'U' -> "BINSTRING";
      case 0x96 -> "BYTEARRAY8";
      case 0x97, 0x98 -> "BUFFER";
      case 0x8f, 0x90 -> "SET";
      case 0x91 -> "FROZENSET";
      default -> "";
    };
  }
}
