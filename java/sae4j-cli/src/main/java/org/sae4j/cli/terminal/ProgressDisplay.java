package org.sae4j.cli.terminal;

import java.time.Duration;
import java.util.Optional;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar on standard error, shown if that is a terminal and the work takes a while. */
public final class ProgressDisplay implements AutoCloseable {
  private static final Duration A_MOMENT = Duration.ofSeconds(2);
  private static final int COLUMNS = 79;

  private final String task;
  private final String unit;
  private final long unitSize;
  private final long start = System.nanoTime();
  private boolean decided;
  private Optional<ProgressBar> bar = Optional.empty();

  /**
   * Prepares a bar.
   *
   * @param task what is being done
   * @param unit what is counted
   * @param unitSize how many of what {@link #update} counts make one unit
   */
  public ProgressDisplay(String task, String unit, long unitSize) {
    this.task = task;
    this.unit = unit;
    this.unitSize = unitSize;
  }

  /** A bar that counts tokens. */
  public static ProgressDisplay ofTokens(String task) {
    return new ProgressDisplay(task, " tokens", 1);
  }

  /** Shows how far the work is; a total below 0 is not known yet. */
  public void update(long done, long total) {
    Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
    if (!decided && elapsed.compareTo(A_MOMENT) > 0) {
      decided = true;
      bar = ConsoleTerminal.isStandardError() ? Optional.of(bar(done, total)) : Optional.empty();
    }
    bar.ifPresent(shown -> shown.maxHint(total).stepTo(done));
  }

  private ProgressBar bar(long done, long total) {
    return new ProgressBarBuilder()
        .setTaskName(task)
        .setInitialMax(total)
        .setUnit(unit, unitSize)
        .setStyle(ProgressBarStyle.ASCII)
        .setConsumer(new ConsoleProgressBarConsumer(System.err, COLUMNS))
        // What is done already took another time, or none if a run goes on: no basis for a guess.
        .startsFrom(done, Duration.ofNanos(System.nanoTime() - start))
        .build();
  }

  @Override
  public void close() {
    bar.ifPresent(ProgressBar::close);
  }
}
