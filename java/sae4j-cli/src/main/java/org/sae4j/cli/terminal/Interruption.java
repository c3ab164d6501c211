package org.sae4j.cli.terminal;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** Lets a command end in order after Ctrl-C: its files are removed, its last words printed. */
public final class Interruption {
  /** One batch may have to finish first, and that can take a while on a large model. */
  private static final int PATIENCE_SECONDS = 60;

  private Interruption() {}

  /** Runs the work on this thread, which a request to end the process interrupts and waits for. */
  public static int stopCleanly(IntSupplier work) {
    Thread worker = Thread.currentThread();
    CountDownLatch finished = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(worker, finished)));
    try {
      return work.getAsInt();
    } finally {
      finished.countDown();
    }
  }

  private static void stop(Thread worker, CountDownLatch finished) {
    if (finished.getCount() == 0) {
      return;
    }
    worker.interrupt();
    try {
      finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
