package org.sae4j.format;

/** A token that was added to a vocabulary after its merges were learned. */
record AddedToken(String text, int id, boolean special) {}
