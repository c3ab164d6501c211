package org.sae4j.format;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.sae4j.FormatException;

/**
 * Finds the weights of a GPT-2 among a folder's tensors, checks them, and names them as GGUF does.
 *
 * <p>GPT-2's {@code Conv1D} layers store [inputs, outputs]; they come out as transposed views.
 */
final class Gpt2Tensors {
  private static final String PREFIX = "transformer.";

  private final SafetensorsFolder weights;
  private final Gpt2Config config;
  private final String prefix;
  private final Set<String> used = new HashSet<>();
  private final List<ModelTensor> found = new ArrayList<>();

  private Gpt2Tensors(SafetensorsFolder weights, Gpt2Config config) {
    this.weights = weights;
    this.config = config;
    this.prefix = weights.tensors().containsKey(PREFIX + "wte.weight") ? PREFIX : "";
  }

  static List<ModelTensor> find(SafetensorsFolder weights, Gpt2Config config) throws IOException {
    Gpt2Tensors tensors = new Gpt2Tensors(weights, config);
    tensors.findAll();
    tensors.refuseUnknownBlockTensors();
    return List.copyOf(tensors.found);
  }

  private void findAll() throws FormatException {
    long width = config.embeddingLength();
    matrix("token_embd.weight", prefix + "wte.weight", config.vocabularySize(), width);
    matrix("position_embd.weight", prefix + "wpe.weight", config.contextLength(), width);
    for (int block = 0; block < config.blockCount(); block++) {
      findBlock("blk." + block + ".", prefix + "h." + block + ".");
    }
    norm("output_norm", prefix + "ln_f");
    if (!config.tiedEmbeddings()) {
      matrix("output.weight", "lm_head.weight", config.vocabularySize(), width);
    }
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
    found.add(new ModelTensor(gguf, tensor));
  }

  private StoredTensor tensor(String name, long... shape) throws FormatException {
    StoredTensor tensor = weights.tensors().get(name);
    if (tensor == null) {
      throw FormatException.of(weights.file(), "tensor " + name + ": expected one, found none");
    }
    used.add(name);
    return tensor.requireShape(shape).requireFloating();
  }

  /**
   * Refuses a block that the config does not count, or a part of a block that GPT-2 has not.
   *
   * <p>Tensors outside the blocks, such as the head of a classifier, do not change what a language
   * model computes.
   */
  private void refuseUnknownBlockTensors() throws FormatException {
    for (String name : weights.tensors().keySet()) {
      if (name.startsWith(prefix + "h.") && !used.contains(name) && !isBuffer(name)) {
        throw FormatException.mismatch(
            weights.file(),
            "tensor " + name,
            "only the tensors of " + config.blockCount() + " GPT-2 blocks",
            "this one too");
      }
    }
  }

  /** Tells whether a tensor is one of the causal masks that old files carry. */
  private static boolean isBuffer(String name) {
    return name.endsWith(".attn.bias") || name.endsWith(".attn.masked_bias");
  }
}
