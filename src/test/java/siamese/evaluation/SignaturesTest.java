package siamese.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.junit.jupiter.api.Test;
import siamese.Campaign;
import siamese.evaluation.Signatures.Template;

class SignaturesTest {

    private static double warped(double[] a, double[] b, int band) {
        return Signatures.timeWarping(new double[][] {a}, new double[][] {b}, band);
    }

    @Test
    void warpingIsAsComputedByHand() {
        assertEquals(0, warped(new double[] {0, 1, 2}, new double[] {0, 0, 1, 1, 1, 2}, 3), "one waits for the other");
        assertEquals(2.0 / 4, warped(new double[] {0, 2}, new double[] {1, 1}, 5));
        double[] early = {0, 9, 0, 0, 0};
        double[] late = {0, 0, 0, 9, 0};
        assertEquals(0, warped(early, late, 2));
        assertEquals(18 / 10.0, warped(early, late, 1), "two moments are more than the band allows");
        assertEquals(18 / 10.0, warped(early, late, 0));
        assertEquals(5, Signatures.timeWarping(new double[][] {{0}, {0}}, new double[][] {{6}, {8}}, 0), "Euclid's 10, of 1 + 1");
    }

    @Test
    void warpingFindsTheCheapestOfAllWays() {
        Random random = new Random(1);
        for (int trial = 0; trial < 200; trial++) {
            double[][] a = {random.doubles(1 + random.nextInt(5)).toArray()};
            double[][] b = {random.doubles(1 + random.nextInt(5)).toArray()};
            int steps = a[0].length + b[0].length;
            assertEquals(cheapest(a[0], b[0], 0, 0) / steps, Signatures.timeWarping(a, b, 9), 1e-12);
            assertEquals(Signatures.timeWarping(b, a, 1), Signatures.timeWarping(a, b, 1), 1e-12);
            assertEquals(0, Signatures.timeWarping(a, a, 0));
        }
    }

    /** Tries all ways. */
    private static double cheapest(double[] a, double[] b, int i, int j) {
        double here = Math.abs(a[i] - b[j]);
        if (i == a.length - 1 && j == b.length - 1) {
            return here;
        }
        double rest = Double.POSITIVE_INFINITY;
        for (int way = 1; way <= 3; way++) {
            int nextI = i + (way & 1);
            int nextJ = j + (way >> 1);
            if (nextI < a.length && nextJ < b.length) {
                rest = Math.min(rest, cheapest(a, b, nextI, nextJ));
            }
        }
        return here + rest;
    }

    @Test
    void aTemplateIsANormalDensity() {
        double[][] rows = {{1, 10}, {3, 14}, {2, 12}};
        Template own = Template.of(rows, 0);
        assertArrayEquals(new double[] {2, 12}, own.mean(), 1e-12);
        assertArrayEquals(new double[] {1, 4}, own.variance(), 1e-12);
        assertArrayEquals(new double[] {2.5, 2.5}, Template.of(rows, 1).variance(), 1e-12);
        assertArrayEquals(new double[] {1.75, 3.25}, Template.of(rows, 0.5).variance(), 1e-12);
        double expected = new NormalDistribution(2, 1).logDensity(2.5) + new NormalDistribution(12, 2).logDensity(9);
        assertEquals(expected / 2, own.logDensity(new double[] {2.5, 9}), 1e-12);
        assertTrue(Double.isFinite(Template.of(new double[][] {{1}, {1}}, 0).logDensity(new double[] {2})));
    }

    @Test
    void whatIsOutOfRangeIsRefused() {
        assertTrue(Campaign.refusal(() -> Template.of(new double[][] {{1}}, 0), IllegalArgumentException.class)
                .startsWith("embeddings must be of at least two"));
        assertTrue(Campaign.refusal(() -> Template.of(new double[][] {{1}, {2}}, 2), IllegalArgumentException.class)
                .contains("shared 0 to 1, but they are 2 and 2.0"));
        assertTrue(Campaign.refusal(() -> warped(new double[] {1}, new double[] {1}, -1), IllegalArgumentException.class)
                .contains("band be at least 0, but have 1, 1 and -1"));
        assertTrue(Campaign.refusal(() -> Signatures.timeWarping(new double[1][1], new double[2][1], 1),
                IllegalArgumentException.class).startsWith("a and b must have as many curves"));
    }
}
