/** {@code report}: results as a page to look at. */
package org.sae4j.cli.report;
