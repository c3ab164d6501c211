/** Histograms of ablation effects as PNG or SVG. */
package org.sae4j.results.plot;
