/** Files that commands write: tensors of many runs, and lines that grow while a command works. */
package org.sae4j.cli.files;
