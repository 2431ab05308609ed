package siamese.evaluation;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A block of the distance matrix, 1,000 × 1,000 pairs of 128 numbers, counted into 2²⁰ bins on one thread. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class HistogramBenchmark {

    private static final int POINTS = 1000;

    private DistanceHistogram.Block a;
    private DistanceHistogram.Block b;
    private PairCounter counter;

    /** Two blocks of points. */
    @Setup
    public void setUp() {
        Random random = new Random(1);
        a = block(random);
        b = block(random);
        counter = new PairCounter(1 << 20, 4);
    }

    private static DistanceHistogram.Block block(Random random) {
        float[] components = new float[128 * POINTS];
        int[] labels = new int[POINTS];
        for (int k = 0; k < components.length; k++) {
            components[k] = 0.2f * random.nextFloat();
        }
        for (int i = 0; i < POINTS; i++) {
            labels[i] = random.nextInt(10);
        }
        return new DistanceHistogram.Block(components, labels);
    }

    /** {@return the counter, with a million pairs more} */
    @Benchmark
    public Object countMillionPairs() {
        counter.add(a, b);
        return counter;
    }
}
