/**
 * What the files of SAEs and models say, and what is wrong with them.
 *
 * <p>Files come from strangers: every size, type and offset is checked before it is used, no code
 * in a file is ever run, and whatever does not fit ends in a {@link
 * org.sae4j.format.FormatException}. The packages below read the files and are not exported.
 */
package org.sae4j.format;
