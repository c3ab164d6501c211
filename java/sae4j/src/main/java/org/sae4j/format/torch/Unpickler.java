package org.sae4j.format.torch;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.DType;
import org.sae4j.format.container.StoredTensor;

/**
 * The machine that runs a pickle of protocol 2 to 5, as far as {@code torch.save} needs it.
 *
 * <p>It knows plain containers, strings and numbers, and the {@linkplain PickleGlobal allow-list};
 * everything else is refused by name, and nothing is ever executed. It is a loop, so no nesting
 * exhausts the stack, and every opcode makes at most one object, so bounding opcodes bounds memory.
 */
final class Unpickler {
  private static final int MAX_OPCODES = 1_000_000;
  private static final int MAX_DEPTH = 100_000;
  private static final int MAX_NAME = 200;
  private static final int HIGHEST_PROTOCOL = 5;

  /** Finds the storage that a persistent id names. */
  @FunctionalInterface
  interface Storages {
    TorchStorage find(String key, DType dtype, long elements) throws IOException;
  }

  private final Path file;
  private final ByteBuffer in;
  private final Storages storages;
  private final List<Object> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();
  private long encoded;

  private Unpickler(Path file, ByteBuffer pickle, Storages storages) {
    this.file = file;
    this.in = pickle.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    this.storages = storages;
  }

  /** Runs the pickle at a buffer's position, moves behind it, and returns what it describes. */
  static Object load(Path file, ByteBuffer pickle, Storages storages) throws IOException {
    Unpickler machine = new Unpickler(file, pickle, storages);
    try {
      Object result = machine.run();
      pickle.position(machine.in.position());
      return result;
    } catch (BufferUnderflowException e) {
      throw FormatException.of(file, "pickle is truncated", e);
    } catch (CharacterCodingException e) {
      throw FormatException.of(file, "pickle holds a string that is not UTF-8", e);
    }
  }

  private Object run() throws IOException {
    for (int count = 0; count < MAX_OPCODES; count++) {
      int opcode = in.get() & 0xff;
      if (opcode == '.') {
        return result();
      }
      execute(opcode);
      if (stack.size() > MAX_DEPTH || marks.size() > MAX_DEPTH) {
        throw bad("has more than " + MAX_DEPTH + " unfinished values");
      }
    }
    throw bad("has more than " + MAX_OPCODES + " opcodes");
  }

  private Object result() throws FormatException {
    Object result = pop();
    if (!stack.isEmpty() || !marks.isEmpty()) {
      throw bad("ends with unfinished values");
    }
    return result;
  }

  private void execute(int opcode) throws IOException {
    switch (opcode) {
      case 0x80 -> protocol();
      case 0x95 -> in.getLong(); // FRAME: its length tells readers how much to buffer
      case '(' -> marks.add(stack.size());
      case '0' -> pop();
      case '1' -> popToMark();
      case 'N' -> push(PickleNone.NONE);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'J' -> push((long) in.getInt());
      case 'K' -> push((long) (in.get() & 0xff));
      case 'M' -> push((long) Short.toUnsignedInt(in.getShort()));
      case 0x8a -> pushLong(in.get() & 0xff);
      case 0x8b -> pushLong(in.getInt());
      case 'G' -> push(in.order(ByteOrder.BIG_ENDIAN).getDouble());
      case 0x8c -> push(text(in.get() & 0xff));
      case 'X' -> push(text(Integer.toUnsignedLong(in.getInt())));
      case 0x8d -> push(text(in.getLong()));
      case ')' -> push(PickleSequence.tuple(List.of()));
      case 0x85 -> tuple(1);
      case 0x86 -> tuple(2);
      case 0x87 -> tuple(3);
      case 't' -> push(PickleSequence.tuple(popToMark()));
      case ']' -> push(PickleSequence.list());
      case 'a' -> append(List.of(pop()));
      case 'e' -> append(popToMark());
      case '}' -> push(new PickleDict());
      case 's' -> setItems(popMany(2));
      case 'u' -> setItems(popToMark());
      case 'q' -> memo.put((long) (in.get() & 0xff), top());
      case 'r' -> memo.put(Integer.toUnsignedLong(in.getInt()), top());
      case 0x94 -> memo.put((long) memo.size(), top()); // MEMOIZE
      case 'h' -> recall(in.get() & 0xff);
      case 'j' -> recall(Integer.toUnsignedLong(in.getInt()));
      case 'c' -> global(line(), line());
      case 0x93 -> stackGlobal();
      case 'R' -> reduce();
      case 'b' -> build();
      case 'Q' -> push(persistent());
      case 'C' -> push(bytes(in.get() & 0xff));
      case 'B' -> push(bytes(Integer.toUnsignedLong(in.getInt())));
      case 0x8e -> push(bytes(in.getLong()));
      case 'i' -> throw refused(line(), line());
      default -> throw bad("has opcode " + PickleOpcode.describe(opcode) + ", which is refused");
    }
    in.order(ByteOrder.LITTLE_ENDIAN); // floats alone are big-endian
  }

  private void protocol() throws FormatException {
    int version = in.get() & 0xff;
    if (version > HIGHEST_PROTOCOL) {
      throw bad("has protocol " + version + "; up to " + HIGHEST_PROTOCOL + " are read");
    }
  }

  private void pushLong(int length) throws FormatException {
    if (length < 0 || length > Long.BYTES) {
      throw bad("has an integer of " + length + " bytes; at most " + Long.BYTES + " are read");
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      value |= (in.get() & 0xffL) << (8 * i);
    }
    int unused = Long.SIZE - 8 * length;
    push(length == 0 ? 0L : value << unused >> unused);
  }

  private String text(long length) throws IOException {
    // Before anything is allocated: the length is the writer's word only.
    if (length < 0 || length > in.remaining()) {
      throw bad("is truncated, or lies about a string of " + length + " bytes");
    }
    ByteBuffer bytes = in.slice().limit((int) length);
    in.position(in.position() + (int) length);
    return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
  }

  private PickleNumpy.Bytes bytes(long length) throws IOException {
    if (length < 0 || length > in.remaining()) {
      throw bad("is truncated, or lies about " + length + " bytes");
    }
    byte[] content = new byte[(int) length];
    in.get(content);
    return new PickleNumpy.Bytes(content);
  }

  private String line() throws IOException {
    int start = in.position();
    while (in.get() != '\n') {
      if (in.position() - start > MAX_NAME) {
        throw bad("has a name of more than " + MAX_NAME + " characters");
      }
    }
    int length = in.position() - 1 - start;
    in.position(start);
    String line = text(length);
    in.get();
    return line;
  }

  private void tuple(int size) throws FormatException {
    push(PickleSequence.tuple(popMany(size)));
  }

  private void append(List<Object> elements) throws FormatException {
    if (!(top() instanceof PickleSequence list) || list.isTuple()) {
      throw bad("appends to a " + kind(top()));
    }
    elements.forEach(list::append);
  }

  private void setItems(List<Object> keysAndValues) throws FormatException {
    if (!(top() instanceof PickleDict dict)) {
      throw bad("sets a key of a " + kind(top()));
    }
    if (keysAndValues.size() % 2 != 0) {
      throw bad("has a key without a value");
    }
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      Object key = keysAndValues.get(i);
      // Hashing a container could recurse for ever.
      if (!(key instanceof String || key instanceof Number || key instanceof Boolean)) {
        throw bad("has a dict key that is a " + kind(key));
      }
      dict.put(key, keysAndValues.get(i + 1));
    }
  }

  private void recall(long index) throws FormatException {
    Object value = memo.get(index);
    if (value == null) {
      throw bad("recalls value " + index + ", which it never stored");
    }
    push(value);
  }

  private void stackGlobal() throws FormatException {
    List<Object> names = popMany(2);
    if (!(names.get(0) instanceof String module) || !(names.get(1) instanceof String name)) {
      throw bad("names a class by something that is not a string");
    }
    global(module, name);
  }

  private void global(String module, String name) throws FormatException {
    push(PickleGlobal.find(module, name).orElseThrow(() -> refused(module, name)));
  }

  private void reduce() throws FormatException {
    Object arguments = pop();
    Object callable = pop();
    if (!(callable instanceof PickleGlobal.Function function)
        || !(arguments instanceof PickleSequence tuple)) {
      throw bad("calls a " + kind(callable));
    }
    push(call(function, tuple.elements()));
  }

  private Object call(PickleGlobal.Function function, List<Object> arguments)
      throws FormatException {
    return switch (function) {
      case ORDERED_DICT -> orderedDict(arguments);
      case REBUILD_TENSOR_V2 -> tensor(arguments);
      case REBUILD_PARAMETER -> parameter(arguments);
      case SIZE -> size(arguments);
      case DEVICE -> device(arguments);
      case BYTES -> noBytes(arguments);
      case ENCODE -> encoded(arguments);
      case NUMPY_DTYPE ->
          PickleNumpy.Type.of(arguments).orElseThrow(() -> badArguments("numpy.dtype"));
      case NUMPY_SCALAR ->
          PickleNumpy.scalar(arguments).orElseThrow(() -> badArguments("numpy's scalar"));
      case NUMPY_RECONSTRUCT -> array(arguments);
      case NUMPY_ARRAY -> throw badArguments("numpy.ndarray");
    };
  }

  /** A tuple of whole numbers. */
  private PickleSequence size(List<Object> arguments) throws FormatException {
    if (arguments.size() != 1
        || !(arguments.get(0) instanceof PickleSequence sizes)
        || sizes.elements().size() > TorchStorage.MAX_RANK
        || !sizes.elements().stream().allMatch(Long.class::isInstance)) {
      throw badArguments("torch.Size");
    }
    return sizes;
  }

  /** Arguments: the type, and sometimes the number. */
  private PickleGlobal.Constant device(List<Object> arguments) throws FormatException {
    boolean numbered = arguments.size() == 2 && arguments.get(1) instanceof Long;
    if (!numbered && arguments.size() != 1 || !(arguments.get(0) instanceof String type)) {
      throw badArguments("torch.device");
    }
    return new PickleGlobal.Constant(numbered ? type + ":" + arguments.get(1) : type);
  }

  private PickleNumpy.Bytes noBytes(List<Object> arguments) throws FormatException {
    if (!arguments.isEmpty()) {
      throw badArguments("bytes");
    }
    return new PickleNumpy.Bytes(new byte[0]);
  }

  /** Protocols before 3 have no bytes: they are a text of characters up to 255. */
  private PickleNumpy.Bytes encoded(List<Object> arguments) throws FormatException {
    if (arguments.size() != 2
        || !(arguments.get(0) instanceof String text)
        || !"latin1".equals(arguments.get(1))
        || !isBytes(text)) {
      throw badArguments("_codecs.encode");
    }
    return new PickleNumpy.Bytes(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Of all texts together so much is looked at as a pickle is long: one can be recalled often. */
  private boolean isBytes(String text) throws FormatException {
    encoded += text.length();
    if (encoded > in.limit()) {
      throw bad("encodes more bytes than it has");
    }
    return text.chars().allMatch(c -> c <= 0xff);
  }

  /** Arguments: numpy.ndarray, (0,), a byte; what it holds is set later. */
  private PickleNumpy.Array array(List<Object> arguments) throws FormatException {
    if (arguments.size() != 3
        || arguments.get(0) != PickleGlobal.Function.NUMPY_ARRAY
        || !(arguments.get(1) instanceof PickleSequence)
        || !(arguments.get(2) instanceof PickleNumpy.Bytes)) {
      throw badArguments("numpy's _reconstruct");
    }
    return new PickleNumpy.Array();
  }

  private FormatException badArguments(String function) {
    return bad("calls " + function + " with arguments that are refused");
  }

  private PickleDict orderedDict(List<Object> arguments) throws FormatException {
    if (!arguments.isEmpty()) {
      throw bad("makes an OrderedDict from " + arguments.size() + " arguments");
    }
    return new PickleDict();
  }

  /** Arguments: storage, offset, size, stride, requires_grad, hooks, and sometimes metadata. */
  private StoredTensor tensor(List<Object> arguments) throws FormatException {
    if (arguments.size() < 6
        || arguments.size() > 7
        || !(arguments.get(0) instanceof TorchStorage storage)
        || !(arguments.get(1) instanceof Long first)
        || !(arguments.get(2) instanceof PickleSequence size)
        || !(arguments.get(3) instanceof PickleSequence stride)) {
      throw badArguments("_rebuild_tensor_v2");
    }
    // Metadata says that a view is conjugated or negated.
    if (arguments.size() == 7 && !isEmpty(arguments.get(6))) {
      throw bad("has a tensor with metadata, which is refused");
    }
    return storage.view(first, size.elements(), stride.elements());
  }

  private static boolean isEmpty(Object metadata) {
    return metadata == PickleNone.NONE
        || metadata instanceof PickleDict dict && dict.entries().isEmpty();
  }

  /** Arguments: data, requires_grad, hooks. */
  private StoredTensor parameter(List<Object> arguments) throws FormatException {
    if (arguments.size() != 3 || !(arguments.get(0) instanceof StoredTensor tensor)) {
      throw badArguments("_rebuild_parameter");
    }
    return tensor;
  }

  /** Drops the attributes of an OrderedDict: torch keeps version numbers there. */
  private void build() throws FormatException {
    Object state = pop();
    boolean set =
        top() instanceof PickleDict && state instanceof PickleDict
            || state instanceof PickleSequence parts && setState(top(), parts);
    if (!set) {
      throw bad("sets the state of a " + kind(top()));
    }
  }

  private static boolean setState(Object value, PickleSequence parts) {
    return value instanceof PickleNumpy.Type type && type.setState(parts)
        || value instanceof PickleNumpy.Array array && array.setState(parts);
  }

  /** Resolves ('storage', class, key, device, elements), which older files end with a None. */
  private TorchStorage persistent() throws IOException {
    Object id = pop();
    if (!(id instanceof PickleSequence tuple)
        || !(tuple.elements().size() == 5
            || tuple.elements().size() == 6 && tuple.elements().get(5) == PickleNone.NONE)
        || !"storage".equals(tuple.elements().get(0))
        || !(tuple.elements().get(1) instanceof PickleGlobal.Storage type)
        || !(tuple.elements().get(2) instanceof String key)
        || !(tuple.elements().get(4) instanceof Long elements)
        || elements < 0) {
      throw bad("has a persistent id that is not a storage of torch");
    }
    return storages.find(key, type.dtype(), elements);
  }

  private void push(Object value) {
    stack.add(value);
  }

  private int floor() {
    return marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
  }

  private Object top() throws FormatException {
    if (stack.size() <= floor()) {
      throw bad("takes a value where there is none");
    }
    return stack.get(stack.size() - 1);
  }

  private Object pop() throws FormatException {
    Object top = top();
    stack.remove(stack.size() - 1);
    return top;
  }

  private List<Object> popMany(int count) throws FormatException {
    if (stack.size() - floor() < count) {
      throw bad("takes a value where there is none");
    }
    return popFrom(stack.size() - count);
  }

  private List<Object> popToMark() throws FormatException {
    if (marks.isEmpty()) {
      throw bad("takes values where no mark is set");
    }
    return popFrom(marks.remove(marks.size() - 1));
  }

  private List<Object> popFrom(int start) {
    List<Object> tail = stack.subList(start, stack.size());
    List<Object> values = List.copyOf(tail);
    tail.clear();
    return values;
  }

  private static String kind(Object value) {
    return value.getClass().getSimpleName();
  }

  private FormatException refused(String module, String name) {
    String whole = module + "." + name;
    String shown = whole.substring(0, Math.min(MAX_NAME, whole.length()));
    return FormatException.of(
        file, "refuses " + shown + ": only tensors and plain containers are read from a pickle");
  }

  private FormatException bad(String problem) {
    return FormatException.of(file, "pickle " + problem);
  }
}
