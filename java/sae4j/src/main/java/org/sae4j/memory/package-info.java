/** Native memory and handles: who owns them, and how long they live. */
package org.sae4j.memory;
