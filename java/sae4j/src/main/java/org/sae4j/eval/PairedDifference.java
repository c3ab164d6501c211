package org.sae4j.eval;

import java.util.Optional;
import org.sae4j.stats.Interval;

/**
 * By how much one SAE's number differs from another's, on the same tokens.
 *
 * @param difference the one's minus the other's
 * @param ci95 where it lies with a confidence of 95 %; empty if there are too few sequences
 */
public record PairedDifference(double difference, Optional<Interval> ci95) {}
