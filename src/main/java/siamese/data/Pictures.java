package siamese.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.IntSummaryStatistics;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.apache.commons.lang3.Validate;

/**
 * Turns a picture of one character, such as a photograph or a drawing of your own, into one that looks like MNIST's.
 */
public final class Pictures {

    private static final int SIZE = 28;
    private static final int INK_SIZE = 20;
    /** Shades from 0 to 255. */
    private static final int LEAST_CONTRAST = 13;
    private static final int LIGHTEST_INK = 204;

    private Pictures() {
    }

    /**
     * Reads a picture file, such as a photograph of one character, and prepares its ink as {@link #likeMnist} does. The
     * ink may be of any colour, darker or lighter than its paper; uneven light, a shadow, thin ruled lines, dust, and
     * what reaches into the picture from its edge are left out.
     *
     * @param file a PNG, JPEG, WebP, GIF, BMP, TIFF or PGM file; one that a camera has marked as turned is set upright.
     *        Of an animation, the first picture counts; one of 28 × 28 pixels is taken as it is
     * @return the picture, 28 × 28 pixels, dark ink on white paper
     * @throws IOException if the file cannot be read, is no picture, or shows no or more than one character, in one
     *         sentence
     */
    public static BufferedImage read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("There is no file " + file
                    + "; give the path of a picture, such as a PNG or JPEG file.");
        }
        try {
            return photograph(PictureFiles.read(file, "save it as PNG"));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Reads a picture that a program was sent and prepares it as {@link #read(Path)} does; nothing is written to disk.
     *
     * @param file the bytes of a file as {@link #read(Path)} reads it
     * @param mostPixels how many it may have, such as 25 million: a file of some kilobytes may claim any number
     * @return the picture, 28 × 28 pixels, dark ink on white paper
     * @throws IOException if it is no picture, has more pixels, or shows nothing, in one sentence
     */
    public static BufferedImage read(byte[] file, long mostPixels) throws IOException {
        try {
            return photograph(PictureFiles.read(file, mostPixels, "send it as PNG"));
        } catch (IllegalArgumentException e) {
            throw new IOException("This cannot be used: " + e.getMessage(), e);
        }
    }

    /**
     * {@return the files of a folder whose pictures {@link LabeledImages#ofFolder} reads, in its order}
     *
     * @param folder the folder
     * @throws IOException if there is no folder, no class, one class, or an empty class
     */
    public static List<Path> files(Path folder) throws IOException {
        return PictureFolder.of(folder).files();
    }

    /**
     * Prepares a picture the way MNIST's were: grey, scaled so that its ink fits into 20 × 20 pixels, and placed with
     * its centre of mass in the middle of 28 × 28 pixels. Whether the ink is dark on light paper or light on dark is
     * read off the picture's border. A picture of 28 × 28 pixels is only turned to dark on light. All that is dark
     * counts as ink, as in a scan or a drawing; a photograph needs {@link #read(Path)}.
     *
     * @param picture of any size
     * @return the picture, 28 × 28 pixels, dark ink on white paper
     * @throws IllegalArgumentException if the picture has no ink, being of one shade
     */
    public static BufferedImage likeMnist(BufferedImage picture) {
        Rgb pixels = Rgb.of(picture);
        return likeMnist(pixels, isDarkOnLight(pixels));
    }

    static BufferedImage photograph(Rgb picture) {
        return isMnists(picture) ? likeMnist(picture, isDarkOnLight(picture)) : likeMnist(Ink.of(picture), true);
    }

    private static boolean isMnists(Rgb picture) {
        return picture.rows() == SIZE && picture.columns() == SIZE;
    }

    private static BufferedImage likeMnist(Rgb picture, boolean darkOnLight) {
        Rgb spread = spread(picture, darkOnLight);
        if (isMnists(picture)) {
            return image(spread.ink(Channels.GREY));
        }
        Rgb small = spread(inked(spread), true);
        byte[] drawing = small.ink(Channels.GREY);
        int left = margin(drawing, p -> p % small.columns(), small.columns());
        int top = margin(drawing, p -> p / small.columns(), small.rows());
        byte[] ink = new byte[SIZE * SIZE];
        for (int y = 0; y < small.rows(); y++) {
            System.arraycopy(drawing, y * small.columns(), ink, (top + y) * SIZE + left, small.columns());
        }
        return image(ink);
    }

    /** Where a drawing begins, along one of its sides, so that its centre of mass is in the middle. */
    private static int margin(byte[] drawing, IntUnaryOperator place, int length) {
        double mass = IntStream.range(0, drawing.length).map(p -> drawing[p] & 0xff).sum();
        double moment = IntStream.range(0, drawing.length)
                .mapToDouble(p -> (drawing[p] & 0xff) * (place.applyAsInt(p) + 0.5)).sum();
        return Math.min(Math.max((int) Math.round(SIZE / 2.0 - moment / mass), 0), SIZE - length);
    }

    private static BufferedImage image(byte[] ink) {
        return Pixels.of(SIZE, SIZE, Channels.GREY, ink, 1).image(0);
    }

    /** Whether the border is light. */
    private static boolean isDarkOnLight(Rgb picture) {
        int columns = picture.columns();
        int last = picture.pixels().length - columns;
        return IntStream.range(0, picture.pixels().length)
                .filter(p -> p < columns || p >= last || p % columns == 0 || p % columns == columns - 1)
                .map(picture::brightness).average().orElseThrow() >= 127.5;
    }

    /** Grey and dark on light, from black to white. */
    private static Rgb spread(Rgb picture, boolean darkOnLight) {
        IntUnaryOperator shade = p -> darkOnLight ? picture.brightness(p) : 255 - picture.brightness(p);
        int pixels = picture.pixels().length;
        IntSummaryStatistics all = IntStream.range(0, pixels).map(shade).summaryStatistics();
        double contrast = all.getMax() - all.getMin();
        Validate.isTrue(contrast >= LEAST_CONTRAST, "the picture has no ink, all its pixels being of one shade; draw "
                + "something on it.");
        return new Rgb(picture.rows(), picture.columns(), IntStream.range(0, pixels).map(shade)
                .map(value -> Rgb.grey((int) Math.round(255 * (value - all.getMin()) / contrast))).toArray());
    }

    /** The part that has ink, at the size that it shall have. */
    private static Rgb inked(Rgb picture) {
        int columns = picture.columns();
        int[] inked = IntStream.range(0, picture.pixels().length).filter(p -> picture.brightness(p) < LIGHTEST_INK)
                .toArray();
        IntSummaryStatistics y = IntStream.of(inked).map(p -> p / columns).summaryStatistics();
        IntSummaryStatistics x = IntStream.of(inked).map(p -> p % columns).summaryStatistics();
        int height = y.getMax() - y.getMin() + 1;
        int width = x.getMax() - x.getMin() + 1;
        double scale = (double) INK_SIZE / Math.max(height, width);
        return picture.scaled(y.getMin(), x.getMin(), height, width, (int) Math.max(1, Math.round(height * scale)),
                (int) Math.max(1, Math.round(width * scale)));
    }
}
