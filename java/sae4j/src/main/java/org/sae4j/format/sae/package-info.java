/** SAEs on disk, one class per format; {@link org.sae4j.format.sae.SaeFormats} has their order. */
package org.sae4j.format.sae;
