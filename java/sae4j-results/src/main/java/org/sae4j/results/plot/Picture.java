package org.sae4j.results.plot;

import java.awt.Color;
import java.awt.Dimension;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.font.FontRenderContext;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.batik.svggen.SVGGraphics2D;
import org.w3c.dom.Document;

/** The file formats of a drawing. */
public enum Picture {
  /** Pixels, two by two for each of the drawing's. */
  PNG {
    @Override
    public byte[] draw(int width, int height, Consumer<Graphics2D> painter) throws IOException {
      BufferedImage image = new BufferedImage(2 * width, 2 * height, BufferedImage.TYPE_INT_RGB);
      Graphics2D graphics = image.createGraphics();
      graphics.setColor(Color.WHITE);
      graphics.fillRect(0, 0, 2 * width, 2 * height);
      graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      graphics.scale(2, 2);
      painter.accept(graphics);
      graphics.dispose();
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      ImageIO.write(image, "png", bytes);
      return bytes.toByteArray();
    }
  },

  /** Lines and areas. */
  SVG {
    @Override
    public byte[] draw(int width, int height, Consumer<Graphics2D> painter) throws IOException {
      SVGGraphics2D graphics = new SVGGraphics2D(document());
      graphics.setSVGCanvasSize(new Dimension(width, height));
      painter.accept(graphics);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (Writer writer = new OutputStreamWriter(bytes, StandardCharsets.UTF_8)) {
        graphics.stream(writer, true);
      }
      return bytes.toByteArray();
    }
  };

  /**
   * Draws.
   *
   * @param painter draws on a white ground, from (0, 0) to (width, height)
   */
  public abstract byte[] draw(int width, int height, Consumer<Graphics2D> painter)
      throws IOException;

  private static Document document() throws IOException {
    try {
      return DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .getDOMImplementation()
          .createDocument("http://www.w3.org/2000/svg", "svg", null);
    } catch (ParserConfigurationException e) {
      throw new IOException("Java's own XML cannot be used", e);
    }
  }

  /** Fails if no text can be drawn on this machine. */
  public static void requireFonts() throws IOException {
    // There need not be a screen.
    System.setProperty("java.awt.headless", "true");
    try {
      new Font(Font.SANS_SERIF, Font.PLAIN, 12)
          .createGlyphVector(new FontRenderContext(null, true, true), "sae4j")
          .getLogicalBounds();
    } catch (LinkageError | InternalError | RuntimeException e) {
      // What is thrown depends on what is missing: fonts, fontconfig's files, or libraries.
      throw new IOException(
          "no text can be drawn on this machine: install fonts and fontconfig, such as the packages"
              + " fontconfig and fonts-dejavu-core of Debian and Ubuntu",
          e);
    }
  }
}
