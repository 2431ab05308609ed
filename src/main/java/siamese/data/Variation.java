package siamese.data;

import java.util.Random;

/**
 * Another drawing of the same thing: moved, bent, and with thinner or thicker strokes. The paper is bent smoothly: each knot
 * of a grid of 5 × 5 over the picture is moved on its own, and what lies between two knots follows both, the nearer one
 * more (after P. Simard, D. Steinkraus and J. Platt, "Best Practices for Convolutional Neural Networks Applied to Visual
 * Document Analysis", ICDAR 2003).
 */
final class Variation {

    private static final int KNOTS = 5;

    private final double[] right = new double[KNOTS * KNOTS];
    private final double[] down = new double[KNOTS * KNOTS];
    private final byte[] inks = new byte[256];

    /** Draws one, as {@link LabeledImages#varied} says. */
    Variation(double shift, double bend, double ink, Random random) {
        double allRight = Distortion.between(random, shift);
        double allDown = Distortion.between(random, shift);
        for (int k = 0; k < right.length; k++) {
            right[k] = allRight + bend * random.nextGaussian();
            down[k] = allDown + bend * random.nextGaussian();
        }
        double power = Math.exp(Distortion.between(random, ink));
        for (int v = 0; v < inks.length; v++) {
            inks[v] = (byte) Math.round(255 * Math.pow(v / 255.0, power));
        }
    }

    /** Writes the varied drawing, size × size pixels, into pixels, from a place on. */
    void apply(byte[] drawing, int size, byte[] pixels, int at) {
        for (int y = 0; y < size; y++) {
            double row = y * (KNOTS - 1.0) / size;
            double dy = smooth(row - (int) row);
            for (int x = 0; x < size; x++) {
                double column = x * (KNOTS - 1.0) / size;
                double dx = smooth(column - (int) column);
                int knot = (int) row * KNOTS + (int) column;
                double ink = Distortion.ink(drawing, size, x - way(right, knot, dx, dy), y - way(down, knot, dx, dy));
                pixels[at++] = inks[(int) Math.round(ink)];
            }
        }
    }

    /** How far a knot and those to its right and below take a pixel between them. */
    private static double way(double[] knots, int k, double dx, double dy) {
        return Distortion.mean(dx, dy, knots[k], knots[k + 1], knots[k + KNOTS], knots[k + KNOTS + 1]);
    }

    /** From 0 to 1 without a corner at either end. */
    private static double smooth(double share) {
        return share * share * (3 - 2 * share);
    }
}
