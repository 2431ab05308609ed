package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.Raster;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Random;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.Test;

/** Where the ink goes: of the stand-in digits, and of distorted drawings. */
class DrawingsTest {

    /**
     * Who changes how they are drawn also changes this picture. Another computer's sine may
     * round otherwise, and Java 25 shades two pixels of a stroke's edge otherwise than Java 17.
     */
    @Test
    void standInDigitsLookAsTheyAlwaysDid() throws IOException {
        LabeledImages drawn = StandInDigits.draw(IntStream.generate(() -> 4).limit(10).toArray(), 1);
        Raster expected = ImageIO.read(DrawingsTest.class.getResource("stand-in.png")).getRaster();
        int different = 0;
        int byMoreThanRounding = 0;
        for (int i = 0; i < drawn.size(); i++) {
            int[] should = expected.getSamples(i % 10 * 28, i / 10 * 28, 28, 28, 0, (int[]) null);
            int[] is = drawn.image(i).getRaster().getSamples(0, 0, 28, 28, 0, (int[]) null);
            for (int p = 0; p < is.length; p++) {
                assertEquals(should[p], is[p], 20, "digit " + i + ", pixel " + p);
                different += should[p] == is[p] ? 0 : 1;
                byMoreThanRounding += Math.abs(should[p] - is[p]) > 1 ? 1 : 0;
            }
        }
        assertTrue(different < 40, different + " pixels differ");
        assertTrue(byMoreThanRounding <= 2, byMoreThanRounding + " pixels differ by more than rounding");
    }

    @Test
    void thereAreAsManyStandInDigitsOfAClassAsAskedFor() {
        int[] counts = {1, 0, 2, 3, 1, 1, 1, 1, 1, 4};
        LabeledImages drawn = StandInDigits.draw(counts, 7);
        assertArrayEquals(counts, drawn.classCounts());
        assertTrue(IntStream.range(1, 15).anyMatch(i -> drawn.label(i) < drawn.label(i - 1)), "they are mixed");
    }

    /** A generator that gives these numbers, one after the other. */
    private static Random giving(double... numbers) {
        Iterator<Double> next = Arrays.stream(numbers).iterator();
        return new Random() {
            @Override
            public double nextDouble() {
                return next.next();
            }
        };
    }

    private static void isDistortion(double[] expected, Warp d) {
        assertArrayEquals(expected, new double[] {d.xx(), d.xy(), d.yx(), d.yy(), d.right(), d.down()}, 1e-12);
    }

    /** In this order: rotation, slant, width, height, right, down; 0.5 is none, 1 the most. */
    @Test
    void distortionsAreWhatTheyAreSaidToBe() {
        double sine = Math.sin(Math.toRadians(12));
        double cosine = Math.cos(Math.toRadians(12));
        isDistortion(new double[] {1, 0, 0, 1, 0, 0}, Warp.draw(giving(0.5, 0.5, 0.5, 0.5, 0.5, 0.5)));
        isDistortion(new double[] {cosine, -sine, sine, cosine, 0, 0}, Warp.draw(giving(1, 0.5, 0.5, 0.5, 0.5, 0.5)));
        isDistortion(new double[] {1, 0.25, 0, 1, 0, 0}, Warp.draw(giving(0.5, 1, 0.5, 0.5, 0.5, 0.5)));
        isDistortion(new double[] {1 / 1.15, 0, 0, 1, 0, 0}, Warp.draw(giving(0.5, 0.5, 1, 0.5, 0.5, 0.5)));
        isDistortion(new double[] {1, 0, 0, 1 / 0.85, 0, 0}, Warp.draw(giving(0.5, 0.5, 0.5, 0, 0.5, 0.5)));
        isDistortion(new double[] {1, 0, 0, 1, 1, -2}, Warp.draw(giving(0.5, 0.5, 0.5, 0.5, 0.75, 0)));
        RealMatrix rotated = MatrixUtils.createRealMatrix(new double[][] {{cosine, -sine}, {sine, cosine}});
        RealMatrix slanted = MatrixUtils.createRealMatrix(new double[][] {{1, 0.25}, {0, 1}});
        double[][] all = rotated.multiply(slanted)
                .multiply(MatrixUtils.createRealDiagonalMatrix(new double[] {1 / 1.15, 1 / 0.85})).getData();
        isDistortion(new double[] {all[0][0], all[0][1], all[1][0], all[1][1], 0, 0},
                Warp.draw(giving(1, 1, 1, 0, 0.5, 0.5)));
    }

    /**
     * Each pixel is the mean of the four old ones around the point that it comes from, each by its nearness; outside is
     * paper.
     */
    @Test
    void distortedInkIsInterpolated() {
        Random random = new Random(3);
        byte[] noise = new byte[28 * 28];
        random.nextBytes(noise);
        LabeledImages one = new LabeledImages("noise", 28, 28, 2, noise, new int[1]);
        LabeledImages turned = Warp.augmented(one, 1, random);
        LabeledImages distorted = Warp.augmented(one, 2, new Random(5));
        Random again = new Random(5);
        for (int turn = 0; turn < 4; turn++) {
            Warp d = Warp.draw(again);
            byte[] old = turned.bytes(turn);
            assertArrayEquals(old, distorted.bytes(2 * turn));
            byte[] pixels = distorted.bytes(2 * turn + 1);
            for (int p = 0; p < pixels.length; p++) {
                double x = p % 28 - 13.5;
                double y = p / 28 - 13.5;
                double fromX = 13.5 + d.xx() * x + d.xy() * y - d.right();
                double fromY = 13.5 + d.yx() * x + d.yy() * y - d.down();
                double ink = IntStream.range(0, old.length).mapToDouble(q -> (old[q] & 0xff)
                        * Math.max(0, 1 - Math.abs(fromX - q % 28)) * Math.max(0, 1 - Math.abs(fromY - q / 28))).sum();
                assertEquals(ink, pixels[p] & 0xff, 0.5001, "turn " + turn + ", pixel " + p);
            }
        }
    }
}
