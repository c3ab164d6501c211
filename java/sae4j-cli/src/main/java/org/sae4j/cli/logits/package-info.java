/** {@code logits}: the logits, clean or with an activation replaced. */
package org.sae4j.cli.logits;
