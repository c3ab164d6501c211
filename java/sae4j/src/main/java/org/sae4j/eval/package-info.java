/** What SAEs cost a model: Gao et al. 2024, §4.1. {@link org.sae4j.eval.Metric} has the numbers. */
package org.sae4j.eval;
