package org.sae4j;

import static org.sae4j.engine.global.sae4j.sae4j_run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.sae4j.arch.HookPoint;
import org.sae4j.engine.sae4j_hook;
import org.sae4j.engine.sae4j_model;
import org.sae4j.engine.sae4j_run_params;
import org.sae4j.engine.sae4j_session;
import org.sae4j.memory.CallMemory;
import org.sae4j.memory.HandleScope;
import org.sae4j.memory.Lifespan;
import org.sae4j.memory.NativeBlock;
import org.sae4j.memory.SessionMemory;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** One run of a model: checks what was asked for, hands it to the engine, and wraps the results. */
final class RunCall {
  private final Model model;
  private final Sequences sequences;
  private final RunOptions options;
  private final SessionMemory blocks;
  private final Lifespan lifespan;
  private final Map<HookPoint, ActivationView> views = new LinkedHashMap<>();
  private Optional<Logits> logits = Optional.empty();

  RunCall(Model model, Sequences sequences, RunOptions options, SessionMemory blocks) {
    this.model = model;
    this.sequences = sequences.requireFor(model.shape());
    this.options = options;
    this.blocks = blocks;
    options.edits().keySet().forEach(model::width); // which the model must have
    options.captured().forEach(model::width);
    this.lifespan = blocks.beginRun();
  }

  RunResult execute(sae4j_session session, sae4j_model entered, HandleScope scope) {
    try (CallMemory memory = new CallMemory();
        HookCalls calls = new HookCalls()) {
      sae4j_run_params params = memory.struct(new sae4j_run_params());
      writeHooks(params, memory, calls, scope);
      writeLogits(params, memory);
      int status = sae4j_run(session, entered, EngineStructs.batch(sequences, memory), params);
      calls.rethrow();
      Engine.check(status);
    }
    views.keySet().retainAll(options.captured());
    return new RunResult(sequences, options, views, logits, lifespan);
  }

  private void writeHooks(
      sae4j_run_params params, CallMemory memory, HookCalls calls, HandleScope scope) {
    List<HookPoint> points = points();
    if (points.isEmpty()) {
      return;
    }
    sae4j_hook structs = memory.struct(new sae4j_hook(points.size()));
    for (int i = 0; i < points.size(); i++) {
      HookPoint point = points.get(i);
      sae4j_hook struct = structs.position(i).point(EngineStructs.point(point, memory));
      List<Edit> edits = options.edits().getOrDefault(point, List.of());
      if (!edits.isEmpty()) {
        EditStructs writer = new EditStructs(point, sequences, model.width(point), memory, scope);
        struct.edits(writer.write(edits, calls, () -> view(point))).n_edits(edits.size());
      }
      if (options.captured().contains(point)) {
        view(point);
      }
      if (views.containsKey(point)) {
        struct.activation(block(point).pointer());
      }
    }
    params.hooks(structs.position(0)).n_hooks(points.size());
  }

  private List<HookPoint> points() {
    Set<HookPoint> points = new LinkedHashSet<>(options.edits().keySet());
    points.addAll(options.captured());
    return new ArrayList<>(points);
  }

  /** The window on an activation that a hook or the result shows. */
  private ActivationView view(HookPoint point) {
    return views.computeIfAbsent(
        point,
        p -> {
          int width = model.width(p);
          return new ActivationView(
              p, sequences, width, block(p).view(sequences.tokens() * width), lifespan);
        });
  }

  private NativeBlock block(HookPoint point) {
    return blocks.activation(point, (long) sequences.tokens() * model.width(point));
  }

  private void writeLogits(sae4j_run_params params, CallMemory memory) {
    if (options.logits().isEmpty()) {
      return;
    }
    Positions positions = options.logits().get();
    int[] tokens = selected(positions);
    NativeBlock block = blocks.logits((long) tokens.length * model.shape().vocabulary());
    params.logits(block.pointer()).n_logit_tokens(tokens.length);
    if (tokens.length < sequences.tokens()) {
      params.logit_tokens(memory.ints(tokens));
    }
    logits =
        Optional.of(
            new Logits(
                sequences,
                tokens,
                model.shape().vocabulary(),
                block.view(tokens.length * model.shape().vocabulary()),
                lifespan));
  }

  private int[] selected(Positions positions) {
    boolean[] selected = sequences.select(positions);
    int[] tokens = IntStream.range(0, selected.length).filter(t -> selected[t]).toArray();
    if (tokens.length == 0) {
      throw new IllegalArgumentException(
          "logits of \"" + positions + "\": no token of " + sequences);
    }
    return tokens;
  }
}
