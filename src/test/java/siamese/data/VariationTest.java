package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

class VariationTest {

    private static final Variation NONE = Variation.NONE;

    /** Three images with a block of ink somewhere in the middle. */
    private static LabeledImages spots(int rows, int columns) {
        byte[] ink = new byte[3 * rows * columns];
        for (int image = 0; image < 3; image++) {
            for (int p = 0; p < 20; p++) {
                ink[(image * rows + 10 + p / 4 + image) * columns + 9 + p % 4] = (byte) (60 + 9 * p);
            }
        }
        return new LabeledImages("spots", rows, columns, 2, ink, new int[3]);
    }

    @Test
    void imagesAreMovedByPartsOfAPixelEachTimeDifferently() {
        for (LabeledImages spots : new LabeledImages[] {spots(28, 28), spots(24, 37)}) {
            int[] some = {1, 1, 2};
            INDArray still = spots.pixels(some);
            assertEquals(still, spots.batch(NONE, new Random(1), some));
            INDArray moved = spots.batch(NONE.withShift(2), new Random(1), some);
            assertArrayEquals(new long[] {3, 1, spots.rows(), spots.columns()}, moved.shape());
            assertEquals(moved, spots.batch(NONE.withShift(2), new Random(1), some), "the generator decides");
            assertFalse(moved.slice(0).equals(moved.slice(1)), "the same image twice is moved twice");
            Random random = new Random(1);
            for (int k = 0; k < 3; k++) {
                double right = 2 * (2 * random.nextDouble() - 1);
                double down = 2 * (2 * random.nextDouble() - 1);
                double sum = still.slice(k).sumNumber().doubleValue();
                assertEquals(sum, moved.slice(k).sumNumber().doubleValue(), 0.02 * sum, "no ink is lost in the middle");
                assertEquals(right, centre(moved, k, 1) - centre(still, k, 1), 0.02);
                assertEquals(down, centre(moved, k, 0) - centre(still, k, 0), 0.02);
            }
        }
    }

    @Test
    void imagesAreBentAndTheirInkChanges() {
        byte[] ink = new byte[2 * 784];
        for (int y = 6; y < 22; y++) { // a bar, darker in the middle, and all of the paper half dark
            for (int x = 12; x < 17; x++) {
                ink[28 * y + x] = (byte) (x == 14 ? 255 : 100);
            }
        }
        Arrays.fill(ink, 784, 1568, (byte) 128);
        LabeledImages images = new LabeledImages("bar and paper", 28, 28, 2, ink, new int[2]);
        int[] bars = new int[200];
        INDArray bent = images.batch(NONE.withBend(0.5), new Random(2), bars);
        double[] mean = new double[2];
        double[] squares = new double[2];
        for (int k = 0; k < bars.length; k++) {
            for (int axis = 0; axis < 2; axis++) {
                double moved = centre(bent, k, axis) - centre(images.pixels(0), 0, axis);
                mean[axis] += moved / bars.length;
                squares[axis] += moved * moved / bars.length;
            }
        }
        for (int axis = 0; axis < 2; axis++) {
            assertEquals(0, mean[axis], 0.1, "to both sides alike");
            assertTrue(squares[axis] > 0.02 && squares[axis] < 0.25,
                    "as a whole by less than a knot: " + squares[axis]);
        }
        INDArray first = bent.slice(0);
        double top = rowCentre(first, 8);
        double bottom = rowCentre(first, 19);
        assertTrue(Math.abs((top - 14) - (bottom - 14)) > 0.1, "bent, not only moved: " + top + " and " + bottom);
        INDArray inked = images.batch(NONE.withInk(0.4), new Random(3), 1, 1, 1, 1, 0);
        Random random = new Random(3);
        for (int k = 0; k < 4; k++) {
            double expected = Math.pow(128 / 255.0, Math.exp(0.4 * (2 * random.nextDouble() - 1)));
            assertEquals(expected, inked.getDouble(k, 0, 3, 3), 0.5 / 255 + 1e-6);
            assertEquals(expected, inked.getDouble(k, 0, 20, 9), 0.5 / 255 + 1e-6);
        }
        assertEquals(0, inked.getDouble(4, 0, 0, 0), "no ink stays none");
        assertEquals(1, inked.getDouble(4, 0, 10, 14), 1e-6, "the darkest stays the darkest");
    }

    /** Knots stand 8 and 4 pixels apart: at each the ink comes from as far as it says, between them from a mean. */
    @Test
    void knotsBendWhatIsAroundThem() {
        byte[] ramps = new byte[2 * 16 * 32];
        for (int p = 0; p < 16 * 32; p++) {
            ramps[p] = (byte) (100 + 4 * (p % 32));
            ramps[16 * 32 + p] = (byte) (100 + 4 * (p / 32));
        }
        double[][] knots = new double[2][Warp.KNOTS * Warp.KNOTS];
        for (int k = 0; k < knots[0].length; k++) {
            knots[0][k] = k % 3 - 1;
            knots[1][k] = k % 4 / 2.0 - 1;
        }
        byte[] bent = new byte[ramps.length];
        new Warp(1, 0, 0, 1, 0, 0, knots, 1).apply(ramps, 2, 16, 32, bent, 0);
        for (int row = 1; row < 4; row++) {
            for (int column = 1; column < 4; column++) {
                int k = row * Warp.KNOTS + column;
                int at = 4 * row * 32 + 8 * column;
                assertEquals(100 + 4 * (8 * column - knots[0][k]), bent[at] & 0xff, 0.51, "to the right, knot " + k);
                assertEquals(100 + 4 * (4 * row - knots[1][k]), bent[512 + at] & 0xff, 0.51, "down, knot " + k);
                double near = 0.25 * 0.25 * (3 - 2 * 0.25); // of the next one, a quarter of the way to it
                assertEquals(100 + 4 * (8 * column + 2 - (1 - near) * knots[0][k] - near * knots[0][k + 1]),
                        bent[at + 2] & 0xff, 0.51, "a quarter on, knot " + k);
                assertEquals(100 + 4 * (4 * row + 1 - (1 - near) * knots[1][k] - near * knots[1][k + Warp.KNOTS]),
                        bent[512 + at + 32] & 0xff, 0.51, "a quarter below, knot " + k);
            }
        }
    }

    @Test
    void allChannelsAreMovedAlike() {
        LabeledImages grey = spots(28, 30);
        byte[] ink = new byte[3 * 28 * 30];
        System.arraycopy(grey.bytes(0), 0, ink, 0, 28 * 30); // no green at all
        System.arraycopy(grey.bytes(0), 0, ink, 2 * 28 * 30, 28 * 30);
        LabeledImages coloured = new LabeledImages("coloured", 28, 30, Channels.COLOUR, 2, ink, new int[1]);
        Variation how = NONE.withShift(2).withBend(0.5).withInk(0.4);
        INDArray expected = grey.batch(how, new Random(4), 0).slice(0).slice(0);
        INDArray varied = coloured.batch(how, new Random(4), 0).slice(0);
        assertEquals(expected, varied.slice(0));
        assertEquals(0, varied.slice(1).sumNumber().doubleValue());
        assertEquals(expected, varied.slice(2));
    }

    @Test
    void badInputIsNamed() {
        assertTrue(assertThrows(IllegalArgumentException.class, () -> NONE.withShift(Double.NaN)).getMessage()
                .contains("shift must be 0 to 4"));
        assertThrows(IllegalArgumentException.class, () -> NONE.withShift(4.1));
        assertThrows(IllegalArgumentException.class, () -> NONE.withBend(-0.1));
        assertThrows(IllegalArgumentException.class, () -> NONE.withInk(2.1));
        assertThrows(IndexOutOfBoundsException.class, () -> spots(28, 28).batch(NONE.withShift(1), new Random(1), 3));
    }

    private static double rowCentre(INDArray image, int y) {
        double sum = 0;
        double moment = 0;
        for (int x = 0; x < 28; x++) {
            sum += image.getDouble(0, y, x);
            moment += x * image.getDouble(0, y, x);
        }
        return moment / sum;
    }

    /** The centre of an image's ink, down (0) or to the right (1). */
    private static double centre(INDArray images, int k, int axis) {
        double sum = 0;
        double moment = 0;
        for (int y = 0; y < images.size(2); y++) {
            for (int x = 0; x < images.size(3); x++) {
                double ink = images.getDouble(k, 0, y, x);
                sum += ink;
                moment += ink * (axis == 0 ? y : x);
            }
        }
        return moment / sum;
    }
}
