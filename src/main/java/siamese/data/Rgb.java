package siamese.data;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.color.ColorSpace;
import java.awt.image.AreaAveragingScaleFilter;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBufferInt;
import java.awt.image.DirectColorModel;
import java.awt.image.FilteredImageSource;
import java.awt.image.ImageProducer;
import java.awt.image.MemoryImageSource;
import java.awt.image.PixelGrabber;
import java.util.stream.IntStream;

/**
 * A picture as a person sees it on white paper.
 *
 * @param rows height in pixels
 * @param columns width in pixels
 * @param pixels row by row, each eight bits of red, of green and of blue
 */
record Rgb(int rows, int columns, int[] pixels) {

    private static final ColorModel MODEL = new DirectColorModel(24, 0xff0000, 0xff00, 0xff);

    /**
     * {@return what a picture of any kind shows}
     *
     * <p>Grey samples are taken as they are: Java's own conversion takes them for linear light and would brighten them.
     */
    static Rgb of(BufferedImage picture) {
        int rows = picture.getHeight();
        int columns = picture.getWidth();
        if (picture.getColorModel().getColorSpace() == ColorSpace.getInstance(ColorSpace.CS_GRAY)) {
            return new Rgb(rows, columns, greys(picture));
        }
        BufferedImage paper = new BufferedImage(columns, rows, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = paper.createGraphics();
        graphics.drawImage(picture, 0, 0, Color.WHITE, null);
        graphics.dispose();
        return new Rgb(rows, columns, ((DataBufferInt) paper.getRaster().getDataBuffer()).getData());
    }

    private static int[] greys(BufferedImage picture) {
        int columns = picture.getWidth();
        if (picture.getType() == BufferedImage.TYPE_BYTE_GRAY) {
            int[] shades = picture.getRaster().getSamples(0, 0, columns, picture.getHeight(), 0, (int[]) null);
            return IntStream.of(shades).map(Rgb::grey).toArray();
        }
        ColorModel model = picture.getColorModel();
        int[] pixels = new int[columns * picture.getHeight()];
        for (int p = 0; p < pixels.length; p++) {
            Object pixel = picture.getRaster().getDataElements(p % columns, p / columns, null);
            float[] parts = model.getNormalizedComponents(pixel, null, 0);
            float opaque = model.hasAlpha() ? parts[1] : 1;
            pixels[p] = grey(Math.round(255 * Math.max(0, Math.min(1, 1 - opaque * (1 - parts[0])))));
        }
        return pixels;
    }

    /** {@return a grey pixel, 0 (black) to 255 (white)} */
    static int grey(int shade) {
        return shade * 0x010101;
    }

    /**
     * {@return the same picture mirrored or turned}
     *
     * @param swap whether rows become columns; what follows then says from where in the old picture the new one begins
     * @param fromRight whether its columns are taken from right to left
     * @param fromBottom whether its rows are taken from the bottom up
     */
    Rgb turned(boolean swap, boolean fromRight, boolean fromBottom) {
        int newRows = swap ? columns : rows;
        int newColumns = swap ? rows : columns;
        int[] result = new int[pixels.length];
        for (int p = 0; p < result.length; p++) {
            int x = swap ? p / newColumns : p % newColumns;
            int y = swap ? p % newColumns : p / newColumns;
            result[p] = pixels[(fromBottom ? rows - 1 - y : y) * columns + (fromRight ? columns - 1 - x : x)];
        }
        return new Rgb(newRows, newColumns, result);
    }

    /** {@return the picture at a size: its middle, as much of it as has the size's proportions, scaled} */
    Rgb fitted(int newRows, int newColumns) {
        int height = (int) Math.max(1, Math.min(rows, Math.round((double) columns * newRows / newColumns)));
        int width = (int) Math.max(1, Math.min(columns, Math.round((double) rows * newColumns / newRows)));
        return scaled((rows - height) / 2, (columns - width) / 2, height, width, newRows, newColumns);
    }

    /** {@return a part at another size: each new pixel is the mean of the old ones that it covers, by area} */
    Rgb scaled(int top, int left, int height, int width, int newRows, int newColumns) {
        if (newRows == rows && newColumns == columns && height == rows && width == columns) {
            return this;
        }
        int[] result = new int[newRows * newColumns];
        ImageProducer part = new MemoryImageSource(width, height, MODEL, pixels, top * columns + left, columns);
        ImageProducer scaled = new FilteredImageSource(part, new AreaAveragingScaleFilter(newColumns, newRows));
        try {
            new PixelGrabber(scaled, 0, 0, newColumns, newRows, result, 0, newColumns).grabPixels();
        } catch (InterruptedException e) {
            throw new IllegalStateException("The scaling of a picture was interrupted.", e);
        }
        return new Rgb(newRows, newColumns, result);
    }

    /**
     * {@return how bright a pixel is, 0 (black) to 255 (white)}
     *
     * <p>The weights are ITU-R BT.601's, on the values as they are stored, as Pillow, OpenCV and JPEG itself take them.
     */
    int brightness(int p) {
        int rgb = pixels[p];
        return (299 * (rgb >> 16 & 0xff) + 587 * (rgb >> 8 & 0xff) + 114 * (rgb & 0xff) + 500) / 1000;
    }

    /** {@return the picture's ink, channel by channel and row by row: 0 for white to 255 for none of that light} */
    byte[] ink(Channels channels) {
        byte[] ink = new byte[channels.count() * pixels.length];
        for (int p = 0; p < pixels.length; p++) {
            if (channels == Channels.GREY) {
                ink[p] = (byte) (255 - brightness(p));
            } else {
                for (int channel = 0; channel < 3; channel++) {
                    ink[channel * pixels.length + p] = (byte) (255 - (pixels[p] >> 16 - 8 * channel));
                }
            }
        }
        return ink;
    }
}
