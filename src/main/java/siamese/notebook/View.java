package siamese.notebook;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * How something looks: as HTML in a notebook and as plain text in a terminal. Both say the same.
 *
 * @param html HTML that needs neither scripts nor style sheets to be understood; "" where the text is enough
 * @param text the same in plain text
 */
record View(String html, String text) {

    /** Pictures are painted with this many pixels for each pixel on the page: sharp on high-density screens. */
    static final int PIXEL_RATIO = 2;

    View {
        Objects.requireNonNull(html, "html");
        Objects.requireNonNull(text, "text");
    }

    /** Preformatted lines, the same in both forms. */
    static View lines(String text) {
        return new View(pre(text), text);
    }

    /** Text that a notebook shows as it shows any value. */
    static View plain(String text) {
        return new View("", text);
    }

    /** The {@code <pre>} element of such lines; JupyterLab would set it in its text font. */
    static String pre(String text) {
        return "<pre style=\"font-family:monospace\">" + Text.escape(text) + "</pre>";
    }

    /** A picture painted at {@link #PIXEL_RATIO} and shown at its nominal size, with the text as its alternative. */
    static View picture(BufferedImage image, String alternative) {
        return new View(img(image, alternative), alternative);
    }

    /** The {@code <img>} element of such a picture. */
    static String img(BufferedImage image, String alternative) {
        return "<img alt=\"" + Text.escape(alternative) + "\" width=\"" + image.getWidth() / PIXEL_RATIO
                + "\" height=\"" + image.getHeight() / PIXEL_RATIO + "\" src=\"data:image/png;base64,"
                + Base64.getEncoder().encodeToString(png(image)) + "\">";
    }

    /** Paints on white, in page pixels; the picture has {@link #PIXEL_RATIO} times as many each way. */
    static BufferedImage paint(int width, int height, Consumer<Graphics2D> painter) {
        BufferedImage image =
                new BufferedImage(width * PIXEL_RATIO, height * PIXEL_RATIO, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        try {
            graphics.scale(PIXEL_RATIO, PIXEL_RATIO);
            graphics.setColor(Color.WHITE);
            graphics.fillRect(0, 0, width, height);
            graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            painter.accept(graphics);
        } finally {
            graphics.dispose();
        }
        return image;
    }

    private static byte[] png(BufferedImage image) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        ImageWriteParam smallest = writer.getDefaultWriteParam();
        smallest.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        smallest.setCompressionQuality(0);
        try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.write(null, new IIOImage(withPalette(image, 31), null, null), smallest);
            writer.dispose();
        } catch (IOException e) {
            throw new UncheckedIOException("Could not encode a picture as PNG.", e);
        }
        return bytes.toByteArray();
    }

    /** The picture with a palette of at most 256 colours, half the size as PNG, in 32 or 16 steps a channel. */
    private static BufferedImage withPalette(BufferedImage image, int steps) {
        int width = image.getWidth();
        int[] pixels = image.getRGB(0, 0, width, image.getHeight(), null, 0, width);
        Map<Integer, Byte> palette = new HashMap<>();
        byte[] indices = new byte[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            int color = step(pixels[i] >> 16, steps) << 16 | step(pixels[i] >> 8, steps) << 8 | step(pixels[i], steps);
            Byte index = palette.get(color);
            if (index == null) {
                if (palette.size() == 256) {
                    return steps > 15 ? withPalette(image, 15) : image;
                }
                index = (byte) palette.size();
                palette.put(color, index);
            }
            indices[i] = index;
        }
        int[] colors = new int[256];
        palette.forEach((color, index) -> colors[index & 0xff] = color);
        BufferedImage result = new BufferedImage(width, image.getHeight(), BufferedImage.TYPE_BYTE_INDEXED,
                new IndexColorModel(8, 256, colors, 0, false, -1, DataBuffer.TYPE_BYTE));
        result.getRaster().setDataElements(0, 0, width, image.getHeight(), indices);
        return result;
    }

    private static int step(int channel, int steps) {
        return ((channel & 0xff) * steps + 127) / 255 * 255 / steps;
    }
}
