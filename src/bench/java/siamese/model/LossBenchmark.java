package siamese.model;

import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
import siamese.model.Loss.Batch;

/** Loss and gradient of all pairs of a batch, and of half as many pairs as it has images. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class LossBenchmark {

    /** Images in the batch. */
    @Param({"120", "240"})
    int images;

    private final ContrastiveLoss loss = new ContrastiveLoss(1, true);
    private INDArray embeddings;
    private Batch all;
    private Batch half;

    /** Embeddings of ten classes, and their pairs. */
    @Setup
    public void setUp() {
        embeddings = Nd4j.rand(1L, new long[] {images, 128}).muli(0.1);
        int[] labels = IntStream.range(0, images).map(i -> i % 10).toArray();
        all = Batches.allPairs(labels, Distance.EUCLIDEAN);
        boolean[] similar = new boolean[images / 2];
        double[] weights = new double[similar.length];
        for (int p = 0; p < similar.length; p++) {
            similar[p] = p % 2 == 0;
            weights[p] = 1.0 / similar.length;
        }
        half = new Batch(labels, IntStream.range(0, images / 2).toArray(),
                IntStream.range(images / 2, images).toArray(), similar, weights, Distance.EUCLIDEAN);
    }

    /** {@return all n(n − 1)/2 pairs of n images} */
    @Benchmark
    public Object allPairs() {
        return loss.of(embeddings, all);
    }

    /** {@return n/2 pairs} */
    @Benchmark
    public Object halfAsManyPairs() {
        return loss.of(embeddings, half);
    }
}
