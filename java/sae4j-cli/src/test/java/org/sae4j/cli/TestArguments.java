package org.sae4j.cli;

import org.sae4j.testing.TestData;

/** Files in {@code test-data}, as arguments of commands. */
public final class TestArguments {
  public static final String MODEL = path("model-f32.gguf");
  public static final String OPENAI = path("saes/openai/resid_post_mlp_layer3_k16.pt");
  public static final String SAELENS = path("saes/saelens/topk");
  public static final String TOKENS = path("tokens/eval.json");
  public static final String TEXT = path("texts/prose.txt");
  public static final String HOOK = "blocks.3.hook_resid_post";

  private TestArguments() {}

  /** Returns a file or folder by its path under test-data. */
  public static String path(String relative) {
    return TestData.path(relative).toString();
  }
}
