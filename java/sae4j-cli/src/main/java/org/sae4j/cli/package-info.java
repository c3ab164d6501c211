/**
 * The command line: one class for each command, options in mixins that commands share.
 *
 * <p>Results go to standard output, or to a JSON document; progress and complaints go to standard
 * error. Commands say what to do in terms of {@link org.sae4j}; no arithmetic happens here.
 */
package org.sae4j.cli;
