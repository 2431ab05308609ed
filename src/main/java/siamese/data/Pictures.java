package siamese.data;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Turns a picture of one character, such as a photograph or a drawing of your own, into one that looks like MNIST's. */
public final class Pictures {

    private static final int SIZE = 28;
    private static final int INK_SIZE = 20;

    private Pictures() {
    }

    /**
     * Reads a picture file and prepares it as {@link #likeMnist} does.
     *
     * @param file a PNG, JPEG, GIF or BMP file
     * @return the picture, 28 × 28 pixels, dark ink on white paper
     * @throws IOException if the file cannot be read, is no picture, or shows nothing, in one sentence
     */
    public static BufferedImage read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("There is no file " + file + "; give the path of a PNG, JPEG, GIF or BMP picture.");
        }
        BufferedImage picture;
        try {
            picture = ImageIO.read(file.toFile());
        } catch (IOException | RuntimeException e) {
            throw new IOException(file + " is damaged (" + e.getMessage() + "); save it again as PNG.", e);
        }
        if (picture == null) {
            throw new IOException(file + " is not a picture that Java can read; save it as PNG.");
        }
        try {
            return likeMnist(picture);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Prepares a picture the way MNIST's were: grey, scaled so that its ink fits into 20 × 20 pixels, and placed with its
     * centre of mass in the middle of 28 × 28 pixels. Whether the ink is dark on light paper or light on dark is read off
     * the picture's border. A picture of 28 × 28 pixels is only turned to dark on light.
     *
     * @param picture of any size
     * @return the picture, 28 × 28 pixels, dark ink on white paper
     * @throws IllegalArgumentException if the picture has no ink, being of one shade
     */
    public static BufferedImage likeMnist(BufferedImage picture) {
        double[][] ink = ink(picture);
        if (picture.getWidth() == SIZE && picture.getHeight() == SIZE) {
            return grey(ink);
        }
        int top = Integer.MAX_VALUE;
        int bottom = -1;
        int left = Integer.MAX_VALUE;
        int right = -1;
        for (int y = 0; y < ink.length; y++) {
            for (int x = 0; x < ink[y].length; x++) {
                if (ink[y][x] > 0.2) {
                    top = Math.min(top, y);
                    bottom = Math.max(bottom, y);
                    left = Math.min(left, x);
                    right = Math.max(right, x);
                }
            }
        }
        int width = right - left + 1;
        int height = bottom - top + 1;
        double scale = (double) INK_SIZE / Math.max(width, height);
        BufferedImage cut = grey(ink).getSubimage(left, top, width, height);
        double[][] small = ink(scaled(cut, Math.max(1, (int) Math.round(width * scale)), Math.max(1, (int) Math.round(height * scale))), true);
        double mass = 0;
        double sumX = 0;
        double sumY = 0;
        for (int y = 0; y < small.length; y++) {
            for (int x = 0; x < small[y].length; x++) {
                mass += small[y][x];
                sumX += small[y][x] * (x + 0.5);
                sumY += small[y][x] * (y + 0.5);
            }
        }
        int offsetX = Math.min(Math.max((int) Math.round(SIZE / 2.0 - sumX / mass), 0), SIZE - small[0].length);
        int offsetY = Math.min(Math.max((int) Math.round(SIZE / 2.0 - sumY / mass), 0), SIZE - small.length);
        double[][] placed = new double[SIZE][SIZE];
        for (int y = 0; y < small.length; y++) {
            System.arraycopy(small[y], 0, placed[y + offsetY], offsetX, small[y].length);
        }
        return grey(placed);
    }

    /** Ink of each pixel, 0 to 1, spread over the whole range. */
    private static double[][] ink(BufferedImage picture) {
        double border = 0;
        int w = picture.getWidth();
        int h = picture.getHeight();
        for (int x = 0; x < w; x++) {
            border += brightness(picture, x, 0) + brightness(picture, x, h - 1);
        }
        for (int y = 0; y < h; y++) {
            border += brightness(picture, 0, y) + brightness(picture, w - 1, y);
        }
        return ink(picture, border / (2.0 * (w + h)) >= 0.5);
    }

    private static double[][] ink(BufferedImage picture, boolean darkOnLight) {
        double[][] ink = new double[picture.getHeight()][picture.getWidth()];
        double most = 0;
        double least = 1;
        for (int y = 0; y < ink.length; y++) {
            for (int x = 0; x < ink[y].length; x++) {
                double b = brightness(picture, x, y);
                ink[y][x] = darkOnLight ? 1 - b : b;
                most = Math.max(most, ink[y][x]);
                least = Math.min(least, ink[y][x]);
            }
        }
        if (most - least < 0.05) {
            throw new IllegalArgumentException("the picture has no ink, all its pixels being of one shade; draw something on it.");
        }
        for (double[] row : ink) {
            for (int x = 0; x < row.length; x++) {
                row[x] = (row[x] - least) / (most - least);
            }
        }
        return ink;
    }

    /** From 0 (black) to 1 (white); transparent pixels count as white. */
    private static double brightness(BufferedImage picture, int x, int y) {
        double opaque;
        double value;
        int components = picture.getColorModel().getNumComponents();
        if (components <= 2) { // grey: getRGB would bend the values, taking them for linear light
            double most = (1 << picture.getSampleModel().getSampleSize(0)) - 1;
            value = picture.getRaster().getSample(x, y, 0) / most;
            opaque = components == 2 ? picture.getRaster().getSample(x, y, 1) / most : 1;
        } else {
            int argb = picture.getRGB(x, y);
            value = (0.299 * (argb >> 16 & 0xff) + 0.587 * (argb >> 8 & 0xff) + 0.114 * (argb & 0xff)) / 255;
            opaque = (argb >>> 24) / 255.0;
        }
        return 1 - opaque * (1 - value);
    }

    private static BufferedImage grey(double[][] ink) {
        BufferedImage picture = new BufferedImage(ink[0].length, ink.length, BufferedImage.TYPE_BYTE_GRAY);
        for (int y = 0; y < ink.length; y++) {
            for (int x = 0; x < ink[y].length; x++) {
                picture.getRaster().setSample(x, y, 0, 255 - (int) Math.round(255 * ink[y][x]));
            }
        }
        return picture;
    }

    /** Scaled down by halves, so that thin strokes are averaged and not skipped. */
    private static BufferedImage scaled(BufferedImage picture, int width, int height) {
        BufferedImage result = picture;
        do {
            int w = Math.max(width, result.getWidth() / 2);
            int h = Math.max(height, result.getHeight() / 2);
            BufferedImage next = new BufferedImage(w, h, BufferedImage.TYPE_BYTE_GRAY);
            Graphics2D graphics = next.createGraphics();
            graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
            graphics.drawImage(result, 0, 0, w, h, null);
            graphics.dispose();
            result = next;
        } while (result.getWidth() != width || result.getHeight() != height);
        return result;
    }
}
