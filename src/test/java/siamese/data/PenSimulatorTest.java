package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.math3.special.Erf;
import org.junit.jupiter.api.Test;
import siamese.Campaign;
import siamese.data.PenSimulator.Stroke;
import siamese.data.Strokes.Drawing;

class PenSimulatorTest {

    private static final PenSimulator EXACT = new PenSimulator(0, 0, 0, 0, 1, 1);

    /** The velocity of the model's formula: the sum of the strokes' speeds in their directions. */
    private static double[] velocity(List<Stroke> strokes, double time) {
        double[] v = new double[2];
        double onset = 0;
        for (Stroke s : strokes) {
            onset += s.delay();
            double since = time - onset;
            if (since > 0) {
                double z = (Math.log(since) - s.mu()) / s.sigma();
                double speed = s.length() / (s.sigma() * Math.sqrt(2 * Math.PI) * since) * Math.exp(-z * z / 2);
                double direction = s.from() + (s.to() - s.from()) * (1 + Erf.erf(z / Math.sqrt(2))) / 2;
                v[0] += speed * Math.cos(direction);
                v[1] += speed * Math.sin(direction);
            }
        }
        return v;
    }

    private static void assertSpeeds(List<Stroke> strokes) {
        Drawing drawing = PenSimulator.drawing("test", strokes);
        double begin = IntStream.range(0, strokes.size()).mapToDouble(i -> PenSimulator.onsets(strokes)[i]
                + Math.exp(strokes.get(i).mu() - 3 * strokes.get(i).sigma())).min().orElseThrow();
        for (int k = 1; k < drawing.x().length - 1; k++) {
            double[] v = velocity(strokes, begin + drawing.seconds()[k]);
            assertEquals(v[0], (drawing.x()[k + 1] - drawing.x()[k - 1]) / 0.01, 0.02, "x at " + k);
            assertEquals(v[1], (drawing.y()[k + 1] - drawing.y()[k - 1]) / 0.01, 0.02, "y at " + k);
        }
    }

    @Test
    void thePenMovesWithTheFormulasSpeed() {
        Stroke arc = new Stroke(0, 2, 0.3, 1.9, -1.2, 0.3, false);
        assertSpeeds(List.of(arc));
        assertSpeeds(List.of(new Stroke(0, 2, 0.7, 0.7, -1.2, 0.3, false)));
        assertSpeeds(List.of(arc, new Stroke(0.2, 1, -1, -2, -1, 0.25, true), new Stroke(0.15, 1.5, 1, 0, -1.1, 0.2, false)));
        Drawing line = PenSimulator.drawing("line", List.of(new Stroke(0, 2, 0, 0, -1.2, 0.3, false)));
        double[] x = line.x();
        assertEquals(2, x[x.length - 1] - x[0], 0.02, "its length");
        assertEquals(0, line.y()[50], 1e-12);
    }

    @Test
    void thePenIsUpFromAStrokesBeginToTheNextOnes() {
        boolean[] down = PenSimulator.drawing("up", List.of(new Stroke(0, 1, 0, 1, -1.5, 0.2, false),
                new Stroke(0.2, 1, 0, 1, -1.5, 0.2, true), new Stroke(0.2, 1, 0, 1, -1.5, 0.2, false))).down();
        int first = IntStream.range(0, down.length).filter(k -> !down[k]).findFirst().orElseThrow();
        int count = (int) IntStream.range(0, down.length).filter(k -> !down[k]).count();
        assertEquals(40, first, 1);
        assertEquals(40, count, 1);
    }

    @Test
    void aForgerHasTheShapeButNotTheRhythm() {
        Drawing genuine = EXACT.genuine(5, 0);
        assertArrayEquals(genuine.x(), EXACT.genuine(5, 1).x(), "without variation all are the same");
        Drawing forged = EXACT.forged(5, 99, 0);
        assertEquals(end(genuine.x()), end(forged.x()), 0.02);
        assertEquals(end(genuine.y()), end(forged.y()), 0.02);
        assertNotEquals(genuine.duration(), forged.duration());
        assertArrayEquals(genuine.x(), new PenSimulator(0, 0, 0, 0, 1, 0).forged(5, 99, 0).x());
    }

    private static double end(double[] values) {
        return values[values.length - 1] - values[0];
    }

    @Test
    void theSameSeedMakesTheSamePeople() {
        PenSimulator simulator = PenSimulator.standard();
        Strokes one = simulator.population(", test", 5, 13, 4, 2, 7);
        assertEquals("simulated signatures, test: 17 drawings by 5 signers, 4 of them forged", one.toString());
        assertEquals(one.fingerprint(), simulator.population(", again", 5, 13, 4, 2, 7).fingerprint());
        assertNotEquals(one.fingerprint(), simulator.population(", test", 5, 13, 4, 2, 8).fingerprint());
        int[] genuine = new int[5];
        IntStream.range(0, 13).forEach(i -> genuine[one.signer(i)]++);
        assertTrue(Arrays.stream(genuine).allMatch(n -> n == 2 || n == 3), Arrays.toString(genuine));
        for (int i = 0; i < 17; i++) {
            assertEquals(i >= 13, one.forged(i));
            assertTrue(!one.forged(i) || one.signer(i) < 2);
        }
        assertFalse(Arrays.equals(one.drawing(0).x(), one.drawing(1).x()));
    }

    @Test
    void whatIsOutOfRangeIsRefused() {
        assertTrue(Campaign.refusal(() -> new PenSimulator(2, 0, 0, 0, 1, 1), IllegalArgumentException.class)
                .startsWith("All parameters must be 0 to 1, clumsiness 0 to 10, but are 2.0, 0.0"));
        assertTrue(Campaign.refusal(() -> PenSimulator.standard().population("", 5, 4, 0, 1, 1), IllegalArgumentException.class)
                .startsWith("signers must be at least 2, genuine at least as many"));
    }
}
