package org.sae4j.format.model;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.EqualTensors;
import org.sae4j.format.container.StoredTensor;

/**
 * Finds the weights of a GPT-2 among a folder's tensors, checks them, and names them as GGUF does.
 *
 * <p>GPT-2's {@code Conv1D} layers store [inputs, outputs]; they come out as transposed views.
 */
final class Gpt2Tensors {
  private static final String PREFIX = "transformer.";
  private static final String EMBEDDING = "wte.weight";
  private static final String HEAD = "lm_head.weight";

  /** Parts of a language model, of which no tensor may be overlooked. */
  private static final Pattern PART = Pattern.compile("(transformer|h|wte|wpe|ln_f|lm_head)\\..*");

  private final WeightFiles weights;
  private final Gpt2Config config;
  private final String prefix;
  private final Set<String> used = new HashSet<>();
  private final List<GgufWeight> found = new ArrayList<>();
  private final List<String> assumptions = new ArrayList<>();

  private Gpt2Tensors(WeightFiles weights, Gpt2Config config) {
    this.weights = weights;
    this.config = config;
    this.prefix = weights.tensors().containsKey(PREFIX + EMBEDDING) ? PREFIX : "";
  }

  static Gpt2Tensors find(WeightFiles weights, Gpt2Config config) throws IOException {
    Gpt2Tensors tensors = new Gpt2Tensors(weights, config);
    tensors.findAll();
    tensors.lookAtTheRest();
    return tensors;
  }

  /** In the order the data takes through the model. */
  List<GgufWeight> found() {
    return List.copyOf(found);
  }

  /** What was decided that the files do not say, or say in two ways. */
  List<String> assumptions() {
    return List.copyOf(assumptions);
  }

  private void findAll() throws IOException {
    long width = config.embeddingLength();
    matrix("token_embd.weight", prefix + EMBEDDING, config.vocabularySize(), width);
    matrix("position_embd.weight", prefix + "wpe.weight", config.contextLength(), width);
    for (int block = 0; block < config.blockCount(); block++) {
      findBlock("blk." + block + ".", prefix + "h." + block + ".");
    }
    norm("output_norm", prefix + "ln_f");
    findHead();
  }

  private void findBlock(String gguf, String stored) throws FormatException {
    long width = config.embeddingLength();
    long hidden = config.feedForwardLength();
    norm(gguf + "attn_norm", stored + "ln_1");
    conv1d(gguf + "attn_qkv", stored + "attn.c_attn", width, 3 * width);
    conv1d(gguf + "attn_output", stored + "attn.c_proj", width, width);
    norm(gguf + "ffn_norm", stored + "ln_2");
    conv1d(gguf + "ffn_up", stored + "mlp.c_fc", width, hidden);
    conv1d(gguf + "ffn_down", stored + "mlp.c_proj", hidden, width);
  }

  /**
   * Takes the head unless it holds the embedding's numbers.
   *
   * <p>Where it differs it counts, whatever the config says, as in the transformers library.
   */
  private void findHead() throws IOException {
    if (config.tiedEmbeddings() && !weights.tensors().containsKey(HEAD)) {
      return;
    }
    StoredTensor head = tensor(HEAD, config.vocabularySize(), config.embeddingLength());
    if (EqualTensors.are(head, weights.tensors().get(prefix + EMBEDDING))) {
      return;
    }
    add("output.weight", head);
    if (config.tiedEmbeddings()) {
      assumptions.add(
          HEAD
              + " as the unembedding: it differs from "
              + prefix
              + EMBEDDING
              + ", to which "
              + config.file().getFileName()
              + " ties it");
    }
  }

  private void norm(String gguf, String stored) throws FormatException {
    add(gguf + ".weight", tensor(stored + ".weight", config.embeddingLength()));
    add(gguf + ".bias", tensor(stored + ".bias", config.embeddingLength()));
  }

  private void conv1d(String gguf, String stored, long inputs, long outputs)
      throws FormatException {
    add(gguf + ".weight", tensor(stored + ".weight", inputs, outputs).transposed());
    add(gguf + ".bias", tensor(stored + ".bias", outputs));
  }

  private void matrix(String gguf, String stored, long rows, long columns) throws FormatException {
    add(gguf, tensor(stored, rows, columns));
  }

  private void add(String gguf, StoredTensor tensor) {
    found.add(new GgufWeight(gguf, tensor));
  }

  private StoredTensor tensor(String name, long... shape) throws FormatException {
    StoredTensor tensor = weights.tensors().get(name);
    if (tensor == null) {
      throw FormatException.of(weights.file(), "tensor " + name + ": expected one, found none");
    }
    used.add(name);
    String reason = ", as " + config.file().getFileName() + " says";
    return tensor.requireShape(reason, shape).requireFloating().requireDense();
  }

  /**
   * Refuses a block that the config does not count, or a part of the model that GPT-2 has not.
   *
   * <p>What else is in the file, such as the head of a classifier, does not change what a language
   * model computes.
   */
  private void lookAtTheRest() throws FormatException {
    for (String name : weights.tensors().keySet()) {
      if (used.contains(name) || isBuffer(name)) {
        continue;
      }
      if (PART.matcher(name).matches()) {
        throw FormatException.mismatch(
            weights.file(),
            "tensor " + name,
            "only the tensors of a GPT-2 with "
                + config.blockCount()
                + " blocks, as "
                + config.file().getFileName()
                + " says",
            "this one too");
      }
      assumptions.add("tensor " + name + ": not part of a language model, ignored");
    }
  }

  /** Tells whether a tensor is one of the causal masks that old files carry. */
  private static boolean isBuffer(String name) {
    return name.endsWith(".attn.bias") || name.endsWith(".attn.masked_bias");
  }
}
