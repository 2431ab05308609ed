package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.commons.math3.special.Erf;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;
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

    /** What people are like, as the code states it: means and deviations of 3,000 people's strokes. */
    @Test
    void peoplesHabitsAreSpreadAsStated() {
        Moments even = new Moments();
        Moments odd = new Moments();
        Moments upwards = new Moments();
        Moments downwards = new Moments();
        Moments arc = new Moments();
        Moments arcs = new Moments();
        Moments slants = new Moments();
        Moments delay = new Moments();
        Moments mu = new Moments();
        Moments tempo = new Moments();
        Moments sigma = new Moments();
        Moments up = new Moments();
        Moments count = new Moments();
        for (long number = 0; number < 3000; number++) {
            List<Stroke> person = PenSimulator.person(number);
            count.addValue(person.size());
            for (int i = 0; i < person.size(); i++) {
                Stroke s = person.get(i);
                boolean first = i % 2 == 0;
                (first ? even : odd).addValue(Math.log(s.length()));
                (first ? upwards : downwards).addValue((s.from() + s.to()) / 2);
                arc.addValue(s.to() - s.from());
                delay.addValue(Math.log(s.delay()));
                mu.addValue(s.mu());
                sigma.addValue(s.sigma());
                if (i > 1 && i < person.size() - 2) {
                    up.addValue(s.up() ? 1 : 0);
                } else {
                    assertFalse(s.up(), "the first two and the last two strokes can be seen");
                }
                if (i > 0) {
                    Stroke before = person.get(i - 1);
                    arcs.addValue((s.to() - s.from()) * (before.to() - before.from()));
                    tempo.addValue((Math.log(s.delay()) - Math.log(0.15)) * (before.mu() - Math.log(0.2)));
                    slants.addValue(((s.from() + s.to()) / 2 - (first ? 0.8 : -1.4))
                            * ((before.from() + before.to()) / 2 - (first ? -1.4 : 0.8)));
                }
            }
        }
        count.assertMoments(11, 2);
        assertEquals(8, count.getMin());
        assertEquals(14, count.getMax());
        even.assertMoments(Math.log(1.3), 0.4);
        odd.assertMoments(0, 0.4);
        upwards.assertMoments(0.8, Math.hypot(0.2, 0.5));
        downwards.assertMoments(-1.4, Math.hypot(0.2, 0.5));
        arc.assertMoments(0, 0.8 * Math.sqrt(2));
        assertEquals(0.64, arcs.getMean(), 0.03, "a person's arcs turn one way");
        assertEquals(0.04, slants.getMean(), 0.01, "a person has one slant");
        delay.assertMoments(Math.log(0.15), Math.hypot(0.25, 0.35));
        mu.assertMoments(Math.log(0.2), Math.hypot(0.25, 0.25));
        assertEquals(0.0625, tempo.getMean(), 0.01, "a person has one tempo");
        sigma.assertMoments(0.275, 0.25 / Math.sqrt(12));
        assertEquals(0.15, sigma.getMin(), 1e-3);
        assertEquals(0.4, sigma.getMax(), 1e-3);
        assertEquals(0.15, up.getMean(), 0.01);
    }

    /** How they vary: the parameters are the deviations, and what a forger takes from the signer is in proportion. */
    @Test
    void strokesVaryByTheParameters() {
        PenSimulator simulator = new PenSimulator(0.3, 0.4, 0.5, 0.2, 2, 0.75);
        Stroke signers = new Stroke(0.1, 2, 0.5, 1.5, -2, 0.2, true);
        Stroke forgers = new Stroke(0.4, 9, 7, 7, -1, 0.4, false);
        Random random = new Random(1);
        Moments length = new Moments();
        Moments from = new Moments();
        Moments to = new Moments();
        Moments delay = new Moments();
        Moments mu = new Moments();
        Moments together = new Moments();
        for (int k = 0; k < 20_000; k++) {
            List<Stroke> varied = simulator.varied(List.of(signers, signers), List.of(forgers), 2, random);
            Stroke s = varied.get(1);
            length.addValue(Math.log(s.length()));
            from.addValue(s.from());
            to.addValue(s.to());
            delay.addValue(Math.log(s.delay()));
            mu.addValue(s.mu());
            together.addValue((Math.log(s.delay()) - Math.log(varied.get(0).delay())) / Math.sqrt(2));
            assertEquals(0.35, s.sigma(), 1e-12);
            assertTrue(s.up());
        }
        length.assertMoments(Math.log(2), 2 * 0.3);
        from.assertMoments(0.5, 2 * 0.4);
        to.assertMoments(1.5, 2 * 0.4);
        delay.assertMoments(0.25 * Math.log(0.1) + 0.75 * Math.log(0.4), Math.hypot(0.5, 0.2));
        mu.assertMoments(-1.25, Math.hypot(0.5, 0.2));
        together.assertMoments(0, 0.2);
    }

    /** Means within four standard errors (strokes of one person count as if they were one), deviations within 4 %. */
    private static final class Moments extends SummaryStatistics {

        void assertMoments(double mean, double deviation) {
            assertEquals(mean, getMean(), 4 * deviation / Math.sqrt(Math.min(getN(), 3000)));
            assertEquals(deviation, getStandardDeviation(), 0.04 * deviation);
        }
    }

    @Test
    void theSmallestPopulationsAreMade() {
        PenSimulator simulator = PenSimulator.standard();
        assertEquals("simulated signatures: 2 drawings in 2 classes",
                simulator.population("", 2, 2, 0, 1, 1).toString());
        Strokes all = simulator.population("", 2, 2, 3, 2, 1);
        assertArrayEquals(new int[] {0, 1, 0, 1, 0}, IntStream.range(0, 5).map(all::signer).toArray());
        assertEquals(5, IntStream.range(0, 5).mapToObj(i -> Arrays.toString(all.drawing(i).x())).distinct().count());
    }

    @Test
    void whatIsOutOfRangeIsRefused() {
        assertTrue(Campaign.refusal(() -> new PenSimulator(2, 0, 0, 0, 1, 1), IllegalArgumentException.class)
                .startsWith("All parameters must be 0 to 1, clumsiness 0 to 10, but are 2.0, 0.0"));
        assertTrue(Campaign.refusal(() -> PenSimulator.standard().population("", 5, 4, 0, 1, 1), IllegalArgumentException.class)
                .startsWith("signers must be at least 2, genuine at least as many"));
        for (int[] wrong : new int[][] {{1, 2, 0, 1}, {2, 2, -1, 1}, {2, 2, 0, 0}, {2, 2, 0, 3}}) {
            Campaign.refusal(() -> PenSimulator.standard().population("", wrong[0], wrong[1], wrong[2], wrong[3], 1),
                    IllegalArgumentException.class);
        }
    }
}
