/** PyTorch's archives and the pickles in them; nothing in a pickle is executed. */
package org.sae4j.format.torch;
