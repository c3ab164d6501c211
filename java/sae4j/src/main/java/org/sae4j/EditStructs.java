package org.sae4j;

import static org.sae4j.engine.global.sae4j.SAE4J_EDIT_ADD;
import static org.sae4j.engine.global.sae4j.SAE4J_EDIT_CALL;
import static org.sae4j.engine.global.sae4j.SAE4J_EDIT_RECONSTRUCT;
import static org.sae4j.engine.global.sae4j.SAE4J_EDIT_ROW;
import static org.sae4j.engine.global.sae4j.SAE4J_EDIT_ROWS;
import static org.sae4j.engine.global.sae4j.SAE4J_EDIT_ZERO;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.javacpp.FloatPointer;
import org.sae4j.arch.HookPoint;
import org.sae4j.engine.sae4j_edit;
import org.sae4j.memory.CallMemory;
import org.sae4j.memory.HandleScope;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** Writes the edits of one activation as the engine takes them. */
final class EditStructs {
  private final HookPoint point;
  private final Sequences sequences;
  private final int width;
  private final CallMemory memory;
  private final HandleScope scope;

  EditStructs(
      HookPoint point, Sequences sequences, int width, CallMemory memory, HandleScope scope) {
    this.point = point;
    this.sequences = sequences;
    this.width = width;
    this.memory = memory;
    this.scope = scope;
  }

  /**
   * Writes edits.
   *
   * @param view what Java hooks are to see; asked for only if there are any
   */
  sae4j_edit write(List<Edit> edits, HookCalls calls, Supplier<ActivationView> view) {
    sae4j_edit structs = memory.struct(new sae4j_edit(edits.size()));
    for (int i = 0; i < edits.size(); i++) {
      sae4j_edit struct = structs.position(i);
      if (edits.get(i) instanceof Edit.Call call) {
        struct
            .kind(SAE4J_EDIT_CALL)
            .call(HookCalls.entry())
            .user_data(calls.add(call.hook(), view.get()));
      } else if (edits.get(i) instanceof Edit.Replacement replacement) {
        write(struct, replacement);
      }
    }
    return structs.position(0);
  }

  private void write(sae4j_edit struct, Edit.Replacement edit) {
    if (!(edit.positions() instanceof Positions.All)) {
      struct.tokens(memory.flags(sequences.select(edit.positions())));
    }
    if (edit instanceof Edit.Zero) {
      struct.kind(SAE4J_EDIT_ZERO);
    } else if (edit instanceof Edit.Row row) {
      struct.kind(SAE4J_EDIT_ROW).value(vector(row.row(), "the row to put"));
    } else if (edit instanceof Edit.Add add) {
      struct.kind(SAE4J_EDIT_ADD).value(vector(add.vector(), "the vector to add"));
    } else if (edit instanceof Edit.Tensor tensor) {
      struct.kind(SAE4J_EDIT_ROWS).value(tensor(tensor.rows()));
    } else if (edit instanceof Edit.Reconstruct reconstruct) {
      struct.kind(SAE4J_EDIT_RECONSTRUCT).sae(scope.enter(fitting(reconstruct.sae()).handle()));
    }
  }

  private FloatPointer vector(FloatBuffer values, String what) {
    if (values.remaining() != width) {
      throw new IllegalArgumentException(
          "%s at %s: expected %d floats, the activation's width, found %d"
              .formatted(what, point, width, values.remaining()));
    }
    return memory.floats(values);
  }

  private FloatPointer tensor(FloatBuffer values) {
    if (values.remaining() != (long) sequences.tokens() * width) {
      throw new IllegalArgumentException(
          "the tensor to put at %s: expected %d floats, %d tokens of width %d, found %d"
              .formatted(
                  point,
                  (long) sequences.tokens() * width,
                  sequences.tokens(),
                  width,
                  values.remaining()));
    }
    return memory.floats(values);
  }

  private Sae fitting(Sae sae) {
    return sae.requireNoTranscoder("an edit at " + point)
        .requireOwnBiases(point)
        .requireWidth(point, width);
  }
}
