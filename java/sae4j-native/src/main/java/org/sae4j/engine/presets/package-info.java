/**
 * What JavaCPP needs to know to generate the binding of the native engine. Nothing here runs in a
 * user's program except the library names; the generated classes are in {@code org.sae4j.engine}.
 */
package org.sae4j.engine.presets;
