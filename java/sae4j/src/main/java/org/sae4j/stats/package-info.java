/** Sums that merge, random draws and intervals; nothing here knows of models. */
package org.sae4j.stats;
