/** {@code capture}: activations at hooks. */
package org.sae4j.cli.capture;
