/** Results of sae4j as JSON documents, as pictures, and as a page to look at. */
module org.sae4j.results {
  requires transitive com.google.gson;
  requires transitive java.desktop;
  requires transitive org.sae4j;
  requires org.apache.xmlgraphics.batik.svggen;
  requires org.knowm.xchart;

  exports org.sae4j.results;
  exports org.sae4j.results.plot;
  exports org.sae4j.results.report;
}
