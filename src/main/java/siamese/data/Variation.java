package siamese.data;

import java.io.Serializable;
import java.util.random.RandomGenerator;
import org.apache.commons.lang3.Validate;

/**
 * How much pictures are varied at random while a network learns from them, so that it never sees the same one twice:
 * {@code Variation.NONE.withShift(2).withBend(0.5).withInk(0.4)}. A pixel between old ones gets their mean, weighted by
 * nearness, and from outside comes paper.
 *
 * @param shift how far a picture is moved at most to the right or left, and down or up, in pixels, 0 to 4
 * @param bend by how much each knot of a grid of 5 × 5 over the picture is moved on its own to the right and down: the
 *     standard deviation in pixels, 0 to 2. What lies between two knots follows both, the nearer one more (after P.
 *     Simard, D. Steinkraus and J. Platt, "Best Practices for Convolutional Neural Networks Applied to Visual Document
 *     Analysis", ICDAR 2003)
 * @param ink the ink, as a share of the darkest, is taken to a power from e<sup>−ink</sup> to e<sup>ink</sup>, so that
 *     strokes become thicker or thinner; 0 to 2
 */
public record Variation(double shift, double bend, double ink) implements Serializable {

    /** Pictures stay as they are. */
    public static final Variation NONE = new Variation(0, 0, 0);

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of its range or no number
     */
    public Variation {
        check("shift", shift, 4);
        check("bend", bend, 2);
        check("ink", ink, 2);
    }

    private static void check(String name, double value, double most) {
        Validate.isTrue(value >= 0 && value <= most, "%s must be 0 to %s, but is %s.", name, (int) most, value);
    }

    /**
     * {@return the same with another shift}
     *
     * @param pixels how far a picture is moved at most in each direction, 0 to 4
     * @throws IllegalArgumentException if it is out of range
     */
    public Variation withShift(double pixels) {
        return new Variation(pixels, bend, ink);
    }

    /**
     * {@return the same with another bend}
     *
     * @param pixels the standard deviation of each knot's way, 0 to 2
     * @throws IllegalArgumentException if it is out of range
     */
    public Variation withBend(double pixels) {
        return new Variation(shift, pixels, ink);
    }

    /**
     * {@return the same with another change of the ink}
     *
     * @param exponent the largest logarithm of the power that the ink is taken to, 0 to 2
     * @throws IllegalArgumentException if it is out of range
     */
    public Variation withInk(double exponent) {
        return new Variation(shift, bend, exponent);
    }

    /** {@return the change of one picture, drawn at random; what is not varied draws nothing} */
    Warp draw(RandomGenerator random) {
        double right = shift == 0 ? 0 : Warp.between(random, shift);
        double down = shift == 0 ? 0 : Warp.between(random, shift);
        double[][] knots = bend == 0 ? null : new double[2][Warp.KNOTS * Warp.KNOTS];
        for (int k = 0; bend > 0 && k < knots[0].length; k++) {
            knots[0][k] = bend * random.nextGaussian();
            knots[1][k] = bend * random.nextGaussian();
        }
        return new Warp(1, 0, 0, 1, right, down, knots, ink == 0 ? 1 : Math.exp(Warp.between(random, ink)));
    }
}
