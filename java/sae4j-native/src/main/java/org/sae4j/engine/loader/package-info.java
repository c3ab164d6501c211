/**
 * Finds the native libraries for this machine and loads them, once: {@link
 * org.sae4j.engine.loader.NativeEngine}. JavaCPP, which makes C++ of every class in {@code
 * org.sae4j.engine}, takes of these {@link org.sae4j.engine.loader.Cpu} only.
 */
package org.sae4j.engine.loader;
