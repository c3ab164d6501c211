/** {@code demo}: an evaluation and an ablation of files that the jar brings along. */
package org.sae4j.cli.demo;
