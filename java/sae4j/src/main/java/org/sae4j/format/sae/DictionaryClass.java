package org.sae4j.format.sae;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The classes of {@code dictionary_learning}, and those that SAEBench makes of them, told apart by
 * the names of their tensors.
 */
enum DictionaryClass {
  AUTO_ENCODER("AutoEncoder", "bias", "encoder.bias", Set.of(), Set.of()),
  AUTO_ENCODER_NEW("AutoEncoderNew", "decoder.bias", "encoder.bias", Set.of(), Set.of()),
  GATED("GatedAutoEncoder", "decoder_bias", "gate_bias", Set.of("mag_bias", "r_mag"), Set.of()),
  JUMP_RELU("JumpReluAutoEncoder", "b_dec", "b_enc", Set.of("threshold"), Set.of()),
  /** Has a threshold, which it uses only if asked to. */
  TOP_K("AutoEncoderTopK", "b_dec", "encoder.bias", Set.of(), Set.of("k", "threshold")),
  BATCH_TOP_K("BatchTopKSAE", "b_dec", "encoder.bias", Set.of("threshold"), Set.of("k")),
  MATRYOSHKA(
      "MatryoshkaBatchTopKSAE", "b_dec", "b_enc", Set.of("threshold", "group_sizes"), Set.of("k")),
  BENCH_RELU("ReluSAE", "b_dec", "b_enc", Set.of(), Set.of()),
  BENCH_TOP_K("TopKSAE", "b_dec", "b_enc", Set.of("k"), Set.of()),
  /** Its TopKSAE is the same once it has a threshold, which it then cuts at. */
  BENCH_BATCH_TOP_K("BatchTopKSAE", "b_dec", "b_enc", Set.of("k", "threshold"), Set.of()),
  BENCH_GATED(
      "GatedSAE", "b_dec", "gate_bias", Set.of("W_enc", "W_dec", "b_mag", "r_mag"), Set.of());

  private final String className;
  private final String decoderBias;
  private final String latentVector;
  private final Set<String> required;
  private final Set<String> optional;

  DictionaryClass(
      String className,
      String decoderBias,
      String latentVector,
      Set<String> others,
      Set<String> optional) {
    this.className = className;
    this.decoderBias = decoderBias;
    this.latentVector = latentVector;
    this.optional = optional;
    this.required = new HashSet<>(others);
    boolean linear = !latentVector.equals("b_enc") && !others.contains("W_enc");
    required.addAll(
        linear ? List.of("encoder.weight", "decoder.weight") : List.of("W_enc", "W_dec"));
    required.addAll(List.of(decoderBias, latentVector));
  }

  /**
   * Finds a class by its name in Python; of two of one name the one that has these tensors, or else
   * the first.
   */
  static Optional<DictionaryClass> ofName(String name, Set<String> tensors) {
    List<DictionaryClass> named =
        Arrays.stream(values()).filter(each -> each.className.equals(name)).toList();
    return named.stream()
        .filter(each -> tensors.containsAll(each.required))
        .findFirst()
        .or(() -> named.stream().findFirst());
  }

  /** Finds the classes that have exactly these tensors. */
  static List<DictionaryClass> ofTensors(Set<String> names) {
    return Arrays.stream(values())
        .filter(each -> names.containsAll(each.required))
        .filter(
            each ->
                names.stream()
                    .allMatch(name -> each.required.contains(name) || each.optional.contains(name)))
        .toList();
  }

  /** Tells whether a file with these names is meant to be of one of the classes. */
  static boolean mayHave(Set<String> names) {
    return names.containsAll(Set.of("encoder.weight", "decoder.weight"))
        || names.containsAll(Set.of("W_enc", "W_dec"));
  }

  String className() {
    return className;
  }

  /** The tensor [d] that is added after decoding. */
  String decoderBias() {
    return decoderBias;
  }

  /** A tensor [n]: the encoder's bias, or the gates'. */
  String latentVector() {
    return latentVector;
  }

  /** Tensors that change nothing. */
  Set<String> ignored() {
    return this == TOP_K ? Set.of("threshold") : Set.of();
  }

  /** Whether the matrices are those of {@code torch.nn.Linear}, [out, in]. */
  boolean isLinear() {
    return required.contains("encoder.weight");
  }

  boolean hasK() {
    return optional.contains("k") || required.contains("k");
  }

  /** Whether the encoder sees x less the decoder's bias. */
  boolean subtractsBias() {
    return this != AUTO_ENCODER_NEW && this != JUMP_RELU;
  }

  @Override
  public String toString() {
    return className;
  }
}
