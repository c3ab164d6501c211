package org.sae4j.format.container;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A small GGUF file, read as a whole.
 *
 * <p>Written from the specification alone, so that it does not share the writer's mistakes.
 */
public record GgufReading(Map<String, Object> metadata, Map<String, Tensor> tensors) {
  private static final int ALIGNMENT = 32;

  /** A tensor's type code, its dimensions as in the file, its place and bytes. */
  public record Tensor(int type, List<Long> dims, long offset, byte[] bytes) {}

  private record Info(String name, List<Long> dims, int type, long offset) {}

  public static GgufReading read(Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    if (in.getInt() != 0x46554747 || in.getInt() != 3) {
      throw new IOException("not GGUF 3");
    }
    long tensorCount = in.getLong();
    long keyCount = in.getLong();
    Map<String, Object> metadata = new LinkedHashMap<>();
    for (long i = 0; i < keyCount; i++) {
      metadata.put(text(in), value(in, in.getInt()));
    }
    return new GgufReading(metadata, tensors(in, tensorCount));
  }

  private static Map<String, Tensor> tensors(ByteBuffer in, long count) throws IOException {
    List<Info> infos = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      String name = text(in);
      List<Long> dims = new ArrayList<>();
      for (int left = in.getInt(); left > 0; left--) {
        dims.add(in.getLong());
      }
      infos.add(new Info(name, dims, in.getInt(), in.getLong()));
    }
    int start = (in.position() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Info info : infos) {
      long elements = info.dims().stream().reduce(1L, Math::multiplyExact);
      byte[] bytes = new byte[Math.toIntExact(elements * elementBytes(info.type()))];
      in.get(Math.toIntExact(start + info.offset()), bytes);
      tensors.put(info.name(), new Tensor(info.type(), info.dims(), info.offset(), bytes));
    }
    return tensors;
  }

  private static int elementBytes(int type) throws IOException {
    return switch (type) {
      case 0 -> 4;
      case 1, 30 -> 2;
      default -> throw new IOException("tensor type " + type);
    };
  }

  private static Object value(ByteBuffer in, int type) throws IOException {
    return switch (type) {
      case 4, 5 -> in.getInt();
      case 6 -> in.getFloat();
      case 7 -> in.get() != 0;
      case 8 -> text(in);
      case 9 -> array(in);
      default -> throw new IOException("value type " + type);
    };
  }

  private static List<Object> array(ByteBuffer in) throws IOException {
    int type = in.getInt();
    List<Object> values = new ArrayList<>();
    for (long left = in.getLong(); left > 0; left--) {
      values.add(value(in, type));
    }
    return values;
  }

  private static String text(ByteBuffer in) {
    byte[] bytes = new byte[Math.toIntExact(in.getLong())];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
