/** Nothing is said here of the native engine: where it is on the module path, it is found. */
module example {
  requires org.sae4j;
}
