package siamese.data;

import java.util.Random;
import java.util.stream.IntStream;

/**
 * A little change of a picture that leaves its character the same: rotation, slant, size and place. It maps a point of the
 * new picture, measured from the centre, to the point of the old one whose ink it gets.
 */
record Distortion(double xx, double xy, double yx, double yy, double right, double down) {

    private static final double MOST_DEGREES = 12;
    private static final double MOST_SLANT = 0.25;
    private static final double MOST_STRETCH = 0.15;
    private static final double MOST_SHIFT = 2;

    private static final int TURNS = 4;

    static Distortion draw(Random random) {
        double angle = Math.toRadians(between(random, MOST_DEGREES));
        double slant = between(random, MOST_SLANT);
        double width = 1 / (1 + between(random, MOST_STRETCH));
        double height = 1 / (1 + between(random, MOST_STRETCH));
        return new Distortion(width * Math.cos(angle), height * (slant * Math.cos(angle) - Math.sin(angle)),
                width * Math.sin(angle), height * (slant * Math.sin(angle) + Math.cos(angle)),
                between(random, MOST_SHIFT), between(random, MOST_SHIFT));
    }

    /** {@return a number from −most to most} */
    static double between(Random random, double most) {
        return most * (2 * random.nextDouble() - 1);
    }

    /** See {@link Omniglot.Characters#augmented}. */
    static LabeledImages augmented(LabeledImages images, int copies, Random random) {
        if (copies < 1) {
            throw new IllegalArgumentException("copies must be at least 1, but is " + copies + ".");
        }
        int size = images.rows();
        int area = size * size;
        int each = TURNS * copies;
        Distortion[] distortions = new Distortion[images.size() * each];
        for (int k = 0; k < distortions.length; k++) {
            distortions[k] = k % copies == 0 ? new Distortion(1, 0, 0, 1, 0, 0) : draw(random);
        }
        byte[] pixels = new byte[distortions.length * area];
        int[] labels = new int[distortions.length];
        IntStream.range(0, images.size()).parallel().forEach(i -> {
            byte[] drawing = images.bytes(i);
            for (int turn = 0; turn < TURNS; turn++) {
                for (int copy = 0; copy < copies; copy++) {
                    int k = i * each + turn * copies + copy;
                    labels[k] = images.label(i) * TURNS + turn;
                    distortions[k].apply(drawing, size, pixels, k * area);
                }
                drawing = turned(drawing, size);
            }
        });
        return new LabeledImages(images.source(), size, size, images.classes() * TURNS, pixels, labels);
    }

    /** A quarter turn to the left. */
    private static byte[] turned(byte[] drawing, int size) {
        byte[] result = new byte[drawing.length];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                result[y * size + x] = drawing[x * size + size - 1 - y];
            }
        }
        return result;
    }

    /** Writes the distorted drawing into pixels, from a place on. */
    void apply(byte[] drawing, int size, byte[] pixels, int at) {
        double centre = (size - 1) / 2.0;
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                double fromX = centre + xx * (x - centre) + xy * (y - centre) - right;
                double fromY = centre + yx * (x - centre) + yy * (y - centre) - down;
                pixels[at++] = (byte) Math.round(ink(drawing, size, fromX, fromY));
            }
        }
    }

    /** {@return the ink at a point between pixels: their mean, weighted by nearness; beyond the edge is paper} */
    static double ink(byte[] drawing, int size, double x, double y) {
        int left = (int) Math.floor(x);
        int top = (int) Math.floor(y);
        double dx = x - left;
        double dy = y - top;
        return mean(dx, dy, ink(drawing, size, left, top), ink(drawing, size, left + 1, top),
                ink(drawing, size, left, top + 1), ink(drawing, size, left + 1, top + 1));
    }

    /**
     * {@return the mean of the values at four corners, weighted by nearness}
     *
     * @param dx the way from left to right, 0 to 1
     * @param dy the way from top to bottom, 0 to 1
     */
    static double mean(double dx, double dy, double topLeft, double topRight, double bottomLeft, double bottomRight) {
        return (1 - dy) * ((1 - dx) * topLeft + dx * topRight) + dy * ((1 - dx) * bottomLeft + dx * bottomRight);
    }

    private static int ink(byte[] drawing, int size, int x, int y) {
        return x < 0 || y < 0 || x >= size || y >= size ? 0 : drawing[y * size + x] & 0xff;
    }
}
