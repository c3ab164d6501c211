package org.sae4j.format.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.format.FormatException;

class UnpicklerTest {
  private static final Path FILE = Path.of("stranger.pt");

  @Test
  void readsDictOfEverythingThatPythonPickles() throws IOException {
    // pickle.dumps({'a': 1, 'b': -2, 'c': 1.5, 'd': None, 'e': True, 'f': [3, 70000],
    //   'g': (4, 5), 'h': 'ü', 'i': 2**40, 'j': {}}, protocol) of CPython 3.11, protocols 2 and 4.
    for (String hex :
        new String[] {
          "80027d71002858010000006171014b0158010000006271024afeffffff5801000000637103473ff8"
              + "00000000000058010000006471044e58010000006571058858010000006671065d7107284b034a70"
              + "1101006558010000006771084b044b05867109580100000068710a5802000000c3bc710b58010000"
              + "0069710c8a0600000000000158010000006a710d7d710e752e",
          "8004955f000000000000007d94288c0161944b018c0162944afeffffff8c016394473ff800000000"
              + "00008c0164944e8c016594888c0166945d94284b034a70110100658c0167944b044b0586948c0168"
              + "948c02c3bc948c0169948a060000000000018c016a947d94752e",
        }) {
      PickleDict dict = (PickleDict) load(HexFormat.of().parseHex(hex));
      assertThat(dict.entries().keySet())
          .containsExactly("a", "b", "c", "d", "e", "f", "g", "h", "i", "j");
      assertThat(dict.get("a")).contains(1L);
      assertThat(dict.get("b")).contains(-2L);
      assertThat(dict.get("c")).contains(1.5);
      assertThat(dict.get("d")).contains(PickleNone.NONE);
      assertThat(dict.get("e")).contains(true);
      PickleSequence list = (PickleSequence) dict.get("f").orElseThrow();
      assertThat(list.isTuple()).isFalse();
      assertThat(list.elements()).containsExactly(3L, 70000L);
      PickleSequence tuple = (PickleSequence) dict.get("g").orElseThrow();
      assertThat(tuple.isTuple()).isTrue();
      assertThat(tuple.elements()).containsExactly(4L, 5L);
      assertThat(dict.get("h")).contains("ü");
      assertThat(dict.get("i")).contains(1L << 40);
      assertThat(((PickleDict) dict.get("j").orElseThrow()).entries()).isEmpty();
    }
  }

  @Test
  void refusesCallByName() {
    byte[] evil = PickleBytes.protocol(2).global("os", "system").text("id").op(0x85, 'R').stop();
    assertRefused(evil, "refuses os.system: only tensors and plain containers");
  }

  @Test
  void refusesCallByNameOfNewerProtocols() {
    byte[] evil = PickleBytes.protocol(4).text("posix").text("system").op(0x93, ')', 'R').stop();
    assertRefused(evil, "refuses posix.system");
  }

  @Test
  void refusesCallByNameOfOldestProtocol() {
    PickleBytes evil = PickleBytes.protocol(2).op('(').text("id").op('i');
    "os\nsystem\n".chars().forEach(evil::op);
    assertRefused(evil.stop(), "refuses os.system");
  }

  @ParameterizedTest
  @CsvSource({
    "builtins, eval",
    "torch, load",
    "torch, QInt8Storage",
    "torch, FloatStorage.__class__",
    "torch.storage, UntypedStorage",
    "torch._utils, _rebuild_tensor_v3",
    "collections, OrderedDict.__init__",
    "numpy.core.multiarray, fromstring",
    "torch, float4",
    "torch.serialization, _get_layout",
    "_codecs, decode",
    "__builtin__, eval",
  })
  void refusesWhatIsNotListed(String module, String name) {
    byte[] evil = PickleBytes.protocol(2).global(module, name).op(')', 'R').stop();
    assertRefused(evil, "refuses " + module + "." + name);
  }

  /** Whoever widens the list has to widen this one, and to think twice. */
  @Test
  void nothingElseIsListed() {
    assertThat(String.join(" ", PickleGlobal.ALLOWED.keySet()))
        .isEqualTo(
            "__builtin__.bytes _codecs.encode builtins.bytes collections.OrderedDict"
                + " numpy._core.multiarray._reconstruct numpy._core.multiarray.scalar"
                + " numpy.core.multiarray._reconstruct numpy.core.multiarray.scalar numpy.dtype"
                + " numpy.ndarray torch.BFloat16Storage torch.BoolStorage torch.ByteStorage"
                + " torch.CharStorage torch.DoubleStorage torch.FloatStorage torch.HalfStorage"
                + " torch.IntStorage torch.LongStorage torch.ShortStorage torch.Size"
                + " torch._utils._rebuild_parameter torch._utils._rebuild_tensor_v2"
                + " torch.bfloat16 torch.bool torch.device torch.float16 torch.float32"
                + " torch.float64 torch.int16 torch.int32 torch.int64 torch.int8 torch.uint8");
  }

  @Test
  void constantsOfTorchStandForThemselves() throws IOException {
    assertThat(load(PickleBytes.protocol(2).global("torch", "float32").stop()))
        .hasToString("torch.float32");
    PickleBytes device =
        PickleBytes.protocol(2).global("torch", "device").text("cuda").number(1).op(0x86, 'R');
    assertThat(load(device.stop())).hasToString("cuda:1");
    PickleBytes size =
        PickleBytes.protocol(2).global("torch", "Size").numbers(768, 2).op(0x85, 'R');
    assertThat(((PickleSequence) load(size.stop())).elements()).containsExactly(768L, 2L);
    PickleBytes noSize =
        PickleBytes.protocol(2).global("torch", "Size").text("768").op(0x85, 0x85, 'R');
    assertRefused(noSize.stop(), "calls torch.Size with arguments that are refused");
    PickleBytes called = PickleBytes.protocol(2).global("torch", "float32").op(')', 'R');
    assertRefused(called.stop(), "calls a Constant");
  }

  private static PickleBytes type(PickleBytes pickle, String code, String order) {
    pickle.global("numpy", "dtype").text(code).op(0x89, 0x88, 0x87, 'R');
    pickle.op('(').number(3).text(order).op('N', 'N', 'N').number(-1).number(-1).number(0);
    return pickle.op('t', 'b');
  }

  /** As protocol 2 has them: bytes are a text. */
  private static byte[] scalar(String code, String order, String content) {
    PickleBytes pickle = PickleBytes.protocol(2).global("numpy.core.multiarray", "scalar");
    type(pickle, code, order);
    pickle.global("_codecs", "encode").text(content).text("latin1").op(0x86, 'R');
    return pickle.op(0x86, 'R').stop();
  }

  @Test
  void numbersOfNumpyAreNumbers() throws IOException {
    assertThat(load(scalar("i8", "<", "\u0010\0\0\0\0\0\0\0"))).isEqualTo(16L);
    assertThat(load(scalar("i4", "<", "\u00ff\u00ff\u00ff\u00ff"))).isEqualTo(-1L);
    assertThat(load(scalar("f4", "<", "\0\0\u0020\u0040"))).isEqualTo(2.5);
    assertThat(load(scalar("f8", "<", "\0\0\0\0\0\0\u0004\u0040"))).isEqualTo(2.5);
    assertThat(load(scalar("b1", "|", "\u0001"))).isEqualTo(true);
    assertThat(load(scalar("u1", "|", "\u00ff"))).isEqualTo(255L);
    PickleBytes newer = PickleBytes.protocol(4).global("numpy._core.multiarray", "scalar");
    type(newer, "i2", "<").op('C', 2, 3, 1, 0x86, 'R');
    assertThat(load(newer.stop())).isEqualTo(259L);
  }

  @Test
  void refusesWhatIsNoNumberOfNumpy() {
    String arguments = "calls numpy's scalar with arguments that are refused";
    assertRefused(scalar("i8", "<", "\u0010\0\0\0"), arguments);
    assertRefused(scalar("i8", ">", "\0\0\0\0\0\0\0\u0010"), "sets the state of a Type");
    assertRefused(scalar("O8", "|", "\0\0\0\0\0\0\0\0"), "calls numpy.dtype with arguments");
    assertRefused(scalar("u8", "<", "\0\0\0\0\0\0\0\0"), arguments);
    assertRefused(scalar("i2", "<", "\u0100\0"), "calls _codecs.encode with arguments");
    PickleBytes object = PickleBytes.protocol(2).global("numpy", "ndarray").op(')', 'R');
    assertRefused(object.stop(), "calls numpy.ndarray with arguments that are refused");
  }

  @Test
  void arraysOfNumpyAreLeftUnread() throws IOException {
    PickleBytes pickle = PickleBytes.protocol(2);
    pickle.global("numpy.core.multiarray", "_reconstruct").global("numpy", "ndarray").numbers(0);
    pickle.global("_codecs", "encode").text("b").text("latin1").op(0x86, 'R', 0x87, 'R');
    pickle.op('(').number(1).numbers(1);
    type(pickle, "f4", "<").op(0x89);
    pickle.global("_codecs", "encode").text("\0\0\u0020\u0040").text("latin1").op(0x86, 'R');
    assertThat(load(pickle.op('t', 'b').stop())).hasToString("array of NumPy");
  }

  /** A long text that is recalled again and again must not be copied each time. */
  @Test
  void bytesAreNotMultiplied() {
    PickleBytes pickle = PickleBytes.protocol(2).text("a".repeat(1 << 20)).op('q', 0, '0');
    pickle.global("_codecs", "encode").op('q', 1, '0');
    for (int i = 0; i < 10_000; i++) {
      pickle.op('h', 1, 'h', 0).text("latin1").op(0x86, 'R', '0');
    }
    assertRefused(pickle.op('N').stop(), "encodes more bytes than it has");
  }

  @Test
  void namesWithControlCharactersAreShownHarmlessly() {
    byte[] evil = PickleBytes.protocol(2).global("\u001b[2Jos", "system").stop();
    assertRefused(evil, "refuses ?[2Jos.system");
  }

  @Test
  void storageClassCannotBeCalled() {
    byte[] evil = PickleBytes.protocol(2).global("torch", "FloatStorage").op(')', 'R').stop();
    assertRefused(evil, "calls a Storage");
  }

  @ParameterizedTest
  @CsvSource({
    "81, NEWOBJ",
    "92, NEWOBJ_EX",
    "6f, OBJ",
    "82, EXT",
    "50, PERSID",
    "8f, SET",
    "97, BUFFER",
    "49, of protocol 0",
    "00, 0x00",
    "ff, 0xff"
  })
  void refusesOpcodesByName(String opcode, String name) {
    byte[] pickle = PickleBytes.protocol(2).op(Integer.parseInt(opcode, 16)).stop();
    assertRefused(pickle, "has opcode ", name);
  }

  @Test
  void refusesStateOfAnythingButDict() {
    assertRefused(
        PickleBytes.protocol(2).op(']', '}', 'b').stop(), "sets the state of a PickleSequence");
  }

  @Test
  void dropsAttributesOfDict() throws IOException {
    byte[] pickle =
        PickleBytes.protocol(2)
            .global("collections", "OrderedDict")
            .op(')', 'R', '}')
            .text("_metadata")
            .op('}', 's', 'b')
            .stop();
    assertThat(((PickleDict) load(pickle)).entries()).isEmpty();
  }

  @Test
  void refusesMillionNestedLists() {
    assertRefused(
        PickleBytes.protocol(2).repeat(999_000, ']').repeat(998_999, 'a').stop(),
        "more than 100000 unfinished values");
  }

  @Test
  void refusesMillionMarks() {
    assertRefused(
        PickleBytes.protocol(2).repeat(1_000_000, '(').stop(),
        "more than 100000 unfinished values");
  }

  @Test
  void refusesEndlessPickle() {
    assertRefused(
        PickleBytes.protocol(2).repeat(2_000_000, 'N', '0').stop(), "more than 1000000 opcodes");
  }

  @Test
  void deepTuplesDoNotExhaustTheStack() throws IOException {
    Object tuple = load(PickleBytes.protocol(2).op(')').repeat(900_000, 0x85).stop());
    assertThatThrownBy(() -> PickleNesting.check(FILE, tuple))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("nests deeper than 64");
    assertThat(tuple).hasToString("tuple of 1");
  }

  @Test
  void listThatHoldsItselfIsRefused() throws IOException {
    Object list = load(PickleBytes.protocol(2).op(']', 'q', 0, 'h', 0, 'a').stop());
    assertThatThrownBy(() -> PickleNesting.check(FILE, list))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("holds itself");
  }

  @Test
  void dictThatHoldsItselfIsRefused() throws IOException {
    Object dict = load(PickleBytes.protocol(2).op('}', 'q', 0).text("me").op('h', 0, 's').stop());
    assertThatThrownBy(() -> PickleNesting.check(FILE, dict))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("holds itself");
    assertThat(dict).hasToString("dict of 1");
  }

  @Test
  void sharedListsThatDoubleAtEachLevelAreWalkedOnce() throws IOException {
    // [[…], […]] with both the same object, 60 levels deep: 2⁶⁰ paths.
    PickleBytes pickle = PickleBytes.protocol(2).op(']');
    for (int i = 0; i < 60; i++) {
      pickle.op('q', i, 'h', i, 0x86);
    }
    Object bomb = load(pickle.stop());
    PickleNesting.check(FILE, bomb);
    assertThat(bomb).hasToString("tuple of 2");
  }

  @Test
  void hugeMemoIndexCostsNothing() throws IOException {
    assertThat(load(PickleBytes.protocol(2).op('N', 'r').int32(-1).op('0', 'j').int32(-1).stop()))
        .isEqualTo(PickleNone.NONE);
  }

  @Test
  void refusesMemoBomb() {
    PickleBytes bomb = PickleBytes.protocol(2).op('N');
    for (int i = 0; i < 1_000_000; i++) {
      bomb.op('r').int32(i * 4001);
    }
    assertRefused(bomb.stop(), "more than 1000000 opcodes");
  }

  @ParameterizedTest
  @ValueSource(longs = {1000, Integer.MAX_VALUE, 1L << 40, Long.MAX_VALUE, -1})
  void refusesStringLongerThanPickle(long length) {
    assertRefused(
        PickleBytes.protocol(4).op(0x8d).int64(length).stop(), "lies about a string of " + length);
  }

  @Test
  void refusesStringOfFourGigabytes() {
    assertRefused(PickleBytes.protocol(2).op('X').int32(-1).stop(), "string of 4294967295 bytes");
  }

  @Test
  void refusesMalformedUnicode() {
    assertRefused(
        PickleBytes.protocol(2).op('X').int32(1).op(0xff).stop(), "string that is not UTF-8");
  }

  @Test
  void refusesHugeIntegers() {
    assertRefused(PickleBytes.protocol(2).op(0x8b).int32(1 << 30).stop(), "integer of 1073741824");
    assertRefused(PickleBytes.protocol(2).op(0x8b).int32(-1).stop(), "integer of -1 bytes");
    assertRefused(PickleBytes.protocol(2).op(0x8a, 9).stop(), "integer of 9 bytes");
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 127", "1, -128", "2, 32767", "8, -9223372036854775808"})
  void readsIntegersOfAnyLength(int length, long value) throws IOException {
    PickleBytes pickle = PickleBytes.protocol(2).op(0x8a, length);
    for (int i = 0; i < length; i++) {
      pickle.op((int) (value >> 8 * i));
    }
    assertThat(load(pickle.stop())).isEqualTo(value);
  }

  @Test
  void refusesNameWithoutEnd() {
    PickleBytes pickle = PickleBytes.protocol(2).op('c').repeat(1000, 'a');
    assertRefused(pickle.stop(), "name of more than 200 characters");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "30", "31", "61", "65", "73", "75", "85", "86", "87", "52", "62", "51", "93", "71"
      })
  void refusesToTakeFromEmptyStack(String opcode) {
    byte[] pickle = PickleBytes.protocol(2).op(Integer.parseInt(opcode, 16), 0).stop();
    assertRefused(pickle, "pickle takes");
  }

  @Test
  void marksAreBarriers() {
    assertRefused(PickleBytes.protocol(2).op('N', '(', '0').stop(), "where there is none");
  }

  @Test
  void refusesUnhashableKeys() {
    assertRefused(PickleBytes.protocol(2).op('}', ']', 'N', 's').stop(), "key that is a Pickle");
    assertRefused(PickleBytes.protocol(2).op('}', ')', 'N', 's').stop(), "key that is a Pickle");
  }

  @Test
  void refusesKeyWithoutValue() {
    assertRefused(PickleBytes.protocol(2).op('}', '(', 'N', 'u').stop(), "key without a value");
  }

  @Test
  void refusesAppendToTuple() {
    assertRefused(PickleBytes.protocol(2).op(')', 'N', 'a').stop(), "appends to a PickleSequence");
  }

  @Test
  void refusesUnknownMemo() {
    assertRefused(PickleBytes.protocol(2).op('h', 3).stop(), "recalls value 3");
  }

  @Test
  void refusesLeftovers() {
    assertRefused(PickleBytes.protocol(2).op('N', 'N').stop(), "ends with unfinished values");
    assertRefused(PickleBytes.protocol(2).op('N', '(', 'N').stop(), "ends with unfinished values");
  }

  @Test
  void refusesNewerProtocol() {
    assertRefused(PickleBytes.protocol(6).op('N').stop(), "has protocol 6");
  }

  @Test
  void refusesEveryTruncation() {
    byte[] whole = PickleBytes.protocol(2).op('}').text("key").number(7).op('s').stop();
    for (int length = 0; length < whole.length; length++) {
      assertRefused(Arrays.copyOf(whole, length), "truncated");
    }
  }

  @Test
  void refusesPersistentIdThatIsNoStorage() {
    assertRefused(PickleBytes.protocol(2).text("x").op('Q').stop(), "persistent id");
  }

  private static Object load(byte[] pickle) throws IOException {
    return Unpickler.load(
        FILE,
        ByteBuffer.wrap(pickle),
        (key, dtype, elements) -> new TorchStorage(FILE, key, dtype, 0, elements));
  }

  private static void assertRefused(byte[] pickle, String... parts) {
    assertThatThrownBy(() -> load(pickle))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(FILE + ": ")
        .hasMessageContainingAll(parts);
  }
}
