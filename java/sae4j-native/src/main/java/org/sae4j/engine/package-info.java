/**
 * The native engine as Java sees it: classes generated from {@code native/include/sae4j.h}, and
 * {@link org.sae4j.engine.NativeEngine}, which loads the libraries behind them. Nothing of this
 * package appears in the public API of sae4j; use {@code org.sae4j}.
 */
package org.sae4j.engine;
