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
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.knowm.xchart.internal.chartpart.Chart;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.evaluation.VerificationReport;
import siamese.model.History;
import siamese.model.SiameseNetwork;
import tech.tablesaw.api.Table;

/**
 * How something looks: as HTML in a notebook and as plain text in a terminal. Both say the same.
 *
 * @param html HTML that needs neither scripts nor style sheets to be understood; "" where the text is enough
 * @param text the same in plain text
 */
record View(String html, String text) {

    /** Pictures are painted with this many pixels for each pixel on the page: sharp on high-density screens. */
    static final int PIXEL_RATIO = 2;

    /** A value has the first look that takes it. The kernel is told about these types. */
    static final List<Look<?>> LOOKS = List.of(
            new Look<>(View.class, view -> view),
            new Look<>(Chart.class, Charts::view),
            new Look<>(ChartGrid.class, ChartGrid::view),
            new Look<>(Table.class, table -> new View(Tables.html(table), Tables.text(table))),
            new Look<>(Gallery.class, Gallery::view),
            new Look<>(History.class, history -> of(Tables.of(history))),
            new Look<>(VerificationReport.class, report -> of(Tables.of(report))),
            new Look<>(Pairs.class, pairs -> Gallery.samplePairs(pairs, Math.min(10, pairs.size())).view()),
            new Look<>(LabeledImages.class, images -> Gallery.oneOfEachClass(images).view()),
            new Look<>(SiameseNetwork.class, network -> of(network.summary())),
            new Look<>(Check.class, Check::view),
            new Look<>(Object.class, value -> plain(Text.value(value))));

    /** How values of a type and its subclasses look. */
    record Look<T>(Class<T> type, Function<? super T, View> look) {

        View view(Object value) {
            return look.apply(type.cast(value));
        }
    }

    /** How a value looks; null looks as "null". */
    static View of(Object value) {
        return LOOKS.stream().filter(look -> look.type().isInstance(value)).findFirst()
                .map(look -> look.view(value)).orElseGet(() -> plain("null"));
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

    /** With a palette where 256 colours in 32 or 16 steps a channel suffice, which halves the size. */
    private static byte[] png(BufferedImage image) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(withPalette(image, 31), "png", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("Could not encode a picture as PNG.", e);
        }
        return bytes.toByteArray();
    }

    private static BufferedImage withPalette(BufferedImage image, int steps) {
        int width = image.getWidth();
        int height = image.getHeight();
        int[] pixels = IntStream.of(image.getRGB(0, 0, width, height, null, 0, width)).map(pixel ->
                step(pixel >> 16, steps) << 16 | step(pixel >> 8, steps) << 8 | step(pixel, steps)).toArray();
        int[] palette = IntStream.of(pixels).distinct().limit(257).sorted().toArray();
        if (palette.length > 256) {
            return steps > 15 ? withPalette(image, 15) : image;
        }
        BufferedImage result = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_INDEXED,
                new IndexColorModel(8, palette.length, palette, 0, false, -1, DataBuffer.TYPE_BYTE));
        result.getRaster().setPixels(0, 0, width, height,
                IntStream.of(pixels).map(pixel -> Arrays.binarySearch(palette, pixel)).toArray());
        return result;
    }

    private static int step(int channel, int steps) {
        return ((channel & 0xff) * steps + 127) / 255 * 255 / steps;
    }
}
