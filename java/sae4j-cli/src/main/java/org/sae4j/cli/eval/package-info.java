/** {@code eval}: how much reconstructions change predictions. */
package org.sae4j.cli.eval;
