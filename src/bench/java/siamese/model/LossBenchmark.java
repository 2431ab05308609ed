package siamese.model;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Loss and gradient of one batch: pair by pair, and read off the matrix of all distances. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class LossBenchmark {

    /** Images in the batch. */
    @Param({"120", "240"})
    int images;

    private INDArray embeddings;
    private double[] weights;
    private INDArray distances;
    private INDArray pairLabels;
    private final PairMatrixLoss matrix = new PairMatrixLoss(Distance.EUCLIDEAN, 1, true);
    private final ContrastiveLoss pairs = new ContrastiveLoss(1);

    /** Embeddings of ten classes and what the losses want to know about them. */
    @Setup
    public void setUp() {
        Random random = new Random(1);
        int n = images;
        float[] values = new float[n * 128];
        for (int k = 0; k < values.length; k++) {
            values[k] = 0.1f * random.nextFloat();
        }
        embeddings = Nd4j.create(values, new long[] {n, 128}, 'c');
        weights = new double[2 * n * n];
        float[] half = new float[n / 2];
        float[] d = new float[n / 2];
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                weights[2 * n * i + j + (i % 10 == j % 10 ? 0 : n)] = 2.0 / n / n;
            }
        }
        for (int p = 0; p < half.length; p++) {
            half[p] = p % 2;
            d[p] = random.nextFloat();
        }
        distances = Nd4j.create(d, new long[] {d.length, 1}, 'c');
        pairLabels = Nd4j.create(half, new long[] {d.length, 1}, 'c');
    }

    /** {@return all n(n − 1)/2 pairs of n images} */
    @Benchmark
    public Object allPairs() {
        return matrix.of(embeddings, weights);
    }

    /** {@return n/2 pairs, given their distances} */
    @Benchmark
    public Object halfAsManyPairs() {
        return pairs.computeGradientAndScore(pairLabels, distances, new ActivationIdentity(), null, true);
    }
}
