/**
 * Reads corpora from files: text, JSON lines, token ids in JSON, NumPy arrays and Parquet columns.
 *
 * <p>{@link org.sae4j.corpus.TextCorpus} makes tokens of text, {@link org.sae4j.corpus.TokenCorpus}
 * takes token ids as they stand. Files compressed with gzip or zstd are recognised by what they
 * hold. All are read as a stream, so that memory does not grow with a file, and a file that is not
 * what it has to be is refused with a message that says where.
 */
package org.sae4j.corpus;
