/** Sequences of token ids, corpora of them, and which positions count. */
package org.sae4j.tokens;
