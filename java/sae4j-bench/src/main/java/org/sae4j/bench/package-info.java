/**
 * What sae4j costs, beside what people run today and beside the machine's own peak.
 *
 * <p>{@link org.sae4j.bench.Beside} compares, {@link org.sae4j.bench.Soak} looks for leaks, {@link
 * org.sae4j.bench.SparsityTrend} draws what {@code ablate} found; the {@code …Benchmark} classes
 * are JMH's.
 */
package org.sae4j.bench;
