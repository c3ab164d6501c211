/**
 * The native engine as Java sees it: classes generated from {@code native/include/sae4j.h}, which
 * {@link org.sae4j.engine.loader.NativeEngine} loads the libraries for. Nothing of this package
 * appears in the public API of sae4j; use {@code org.sae4j}.
 */
package org.sae4j.engine;
