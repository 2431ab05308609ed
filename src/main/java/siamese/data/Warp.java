package siamese.data;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.apache.commons.lang3.Validate;

/**
 * One change of a picture that leaves what it shows the same. A point of the new picture gets the ink of a point of the
 * old one: measured from the centre, (x, y) that of (xx·x + xy·y − right, yx·x + yy·y − down), less the way of the
 * knots around.
 *
 * @param knots null, or how far each knot of a grid over the picture goes to the right and how far down, in pixels, row
 *     by row
 * @param power to which the ink is taken, as a share of the darkest
 */
record Warp(double xx, double xy, double yx, double yy, double right, double down, double[][] knots, double power) {

    /** Rows and columns of the grid of knots. */
    static final int KNOTS = 5;

    private static final double MOST_DEGREES = 12;
    private static final double MOST_SLANT = 0.25;
    private static final double MOST_STRETCH = 0.15;
    private static final double MOST_SHIFT = 2;

    private static final int TURNS = 4;

    /** {@return a little rotation, slant, other size and place, drawn at random} */
    static Warp draw(RandomGenerator random) {
        double angle = Math.toRadians(between(random, MOST_DEGREES));
        double slant = between(random, MOST_SLANT);
        double width = 1 / (1 + between(random, MOST_STRETCH));
        double height = 1 / (1 + between(random, MOST_STRETCH));
        return new Warp(width * Math.cos(angle), height * (slant * Math.cos(angle) - Math.sin(angle)),
                width * Math.sin(angle), height * (slant * Math.sin(angle) + Math.cos(angle)),
                between(random, MOST_SHIFT), between(random, MOST_SHIFT), null, 1);
    }

    /** {@return a number from −most to most} */
    static double between(RandomGenerator random, double most) {
        return most * (2 * random.nextDouble() - 1);
    }

    /** Writes the changed picture, channel by channel and row by row, over paper in pixels, from a place on. */
    void apply(byte[] picture, int channels, int rows, int columns, byte[] pixels, int at) {
        byte[] inks = inks();
        int area = rows * columns;
        double middleX = (columns - 1) / 2.0;
        double middleY = (rows - 1) / 2.0;
        double[] nearness = IntStream.range(0, columns).mapToDouble(x -> smooth(x * (KNOTS - 1.0) / columns)).toArray();
        for (int y = 0; y < rows; y++) {
            int knotRow = y * (KNOTS - 1) / rows;
            double knotY = smooth(y * (KNOTS - 1.0) / rows);
            for (int x = 0; x < columns; x++) {
                double fromX = middleX + xx * (x - middleX) + xy * (y - middleY) - right;
                double fromY = middleY + yx * (x - middleX) + yy * (y - middleY) - down;
                if (knots != null) {
                    int knot = knotRow * KNOTS + x * (KNOTS - 1) / columns;
                    fromX -= way(knots[0], knot, nearness[x], knotY);
                    fromY -= way(knots[1], knot, nearness[x], knotY);
                }
                int left = (int) Math.floor(fromX);
                int top = (int) Math.floor(fromY);
                boolean atLeft = left >= 0 && left < columns;
                boolean atRight = left >= -1 && left < columns - 1;
                boolean atTop = top >= 0 && top < rows;
                boolean atBottom = top >= -1 && top < rows - 1;
                for (int from = 0; from < channels * area; from += area) {
                    int p = from + top * columns + left;
                    int topLeft = atTop && atLeft ? picture[p] & 0xff : 0;
                    int topRight = atTop && atRight ? picture[p + 1] & 0xff : 0;
                    int bottomLeft = atBottom && atLeft ? picture[p + columns] & 0xff : 0;
                    int bottomRight = atBottom && atRight ? picture[p + columns + 1] & 0xff : 0;
                    if ((topLeft | topRight | bottomLeft | bottomRight) != 0) { // paper stays paper
                        double ink = mean(fromX - left, fromY - top, topLeft, topRight, bottomLeft, bottomRight);
                        pixels[at + from + y * columns + x] = inks[(int) (ink + 0.5)];
                    }
                }
            }
        }
    }

    /** See {@link Omniglot.Characters#augmented}. */
    static LabeledImages augmented(LabeledImages images, int copies, RandomGenerator random) {
        Validate.isTrue(copies >= 1, "copies must be at least 1, but is %s.", copies);
        int size = images.rows();
        int area = size * size;
        int each = TURNS * copies;
        Warp[] warps = new Warp[images.size() * each];
        Warp none = new Warp(1, 0, 0, 1, 0, 0, null, 1);
        Warp left = new Warp(0, -1, 1, 0, 0, 0, null, 1);
        Arrays.setAll(warps, k -> k % copies == 0 ? none : draw(random));
        Pixels pixels = Pixels.allocate(warps.length, size, size, Channels.GREY, false);
        int[] labels = new int[warps.length];
        IntStream.range(0, images.size()).parallel().forEach(i -> {
            byte[] drawing = images.bytes(i);
            for (int turn = 0; turn < TURNS; turn++) {
                for (int copy = 0; copy < copies; copy++) {
                    int k = i * each + turn * copies + copy;
                    labels[k] = images.label(i) * TURNS + turn;
                    warps[k].apply(drawing, 1, size, size, pixels.data(), k * area);
                }
                byte[] upright = drawing;
                drawing = new byte[area];
                left.apply(upright, 1, size, size, drawing, 0);
            }
        });
        return new LabeledImages(images.source(), LabeledImages.names(images.classes() * TURNS), pixels, labels);
    }

    private byte[] inks() {
        byte[] inks = new byte[256];
        for (int v = 0; v < inks.length; v++) {
            inks[v] = (byte) (power == 1 ? v : Math.round(255 * Math.pow(v / 255.0, power)));
        }
        return inks;
    }

    /** How far a knot and those to its right and below take a pixel between them. */
    private static double way(double[] knots, int k, double dx, double dy) {
        return mean(dx, dy, knots[k], knots[k + 1], knots[k + KNOTS], knots[k + KNOTS + 1]);
    }

    /** The share of the way from one knot to the next, from 0 to 1 without a corner at either end. */
    private static double smooth(double place) {
        double share = place - (int) place;
        return share * share * (3 - 2 * share);
    }

    /** The mean of values at the corners a b / c d, weighted by nearness; x is the way from a to b, y to c, 0 to 1. */
    private static double mean(double x, double y, double a, double b, double c, double d) {
        return (1 - y) * ((1 - x) * a + x * b) + y * ((1 - x) * c + x * d);
    }
}
