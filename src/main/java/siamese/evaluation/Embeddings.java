package siamese.evaluation;

import de.javagl.tsne.Tsne;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.commons.lang3.Validate;
import org.apache.commons.math3.stat.StatUtils;
import org.apache.commons.math3.util.KthSelector;
import org.apache.commons.math3.util.MathArrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import siamese.data.Examples;
import siamese.model.SiameseNetwork;

/**
 * Points in a space where near means alike: the embeddings of a network, the pixels of pictures, or a projection of
 * either. Distances are Euclidean; for a network that compares by the cosine, take the {@link #directions()}. The
 * arrays are not copied and must not change.
 *
 * @param vectors one point each, all with the same number of finite components; at least one point
 * @param labels the class of each point, 0 or more
 * @param source name of the data, such as "MNIST, quick run"
 */
public record Embeddings(double[][] vectors, int[] labels, String source) {

    /** So many queries are compared with all points at a time. */
    private static final int BLOCK = 256;

    /** t-SNE looks for neighbours among so many principal components at most, which takes out noise and saves time. */
    private static final int TSNE_COMPONENTS = 50;

    /** As in the t-SNE papers. */
    private static final int TSNE_STEPS = 1000;

    /**
     * The points nearest to a query, the nearest first; of points equally far away the one with the lower index comes
     * first.
     *
     * @param indices which points, 0 to {@code size() - 1}
     * @param distances how far away each is, 0 or more
     */
    public record Neighbours(int[] indices, double[] distances) {
    }

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if there is no point, the points differ in their number of components or have
     *     none, one is not finite, there is not one label a point, or a label is negative
     */
    public Embeddings {
        Objects.requireNonNull(source, "source");
        Validate.isTrue(vectors.length != 0 && vectors.length == labels.length, "vectors and labels must have one "
                + "entry a point and at least one, but have %s and %s.", vectors.length, labels.length);
        for (int i = 0; i < vectors.length; i++) {
            Validate.isTrue(vectors[i].length != 0 && vectors[i].length == vectors[0].length, "vectors[%s] has %s "
                    + "components and vectors[0] has %s, but all need the same number and at least one.", i,
                    vectors[i].length, vectors[0].length);
            String wrong = "vectors[" + i + "] contains %s, but every component must be finite; was the network "
                    + "trained with too high a rate?";
            for (double value : vectors[i]) { // of millions
                Validate.isTrue(Double.isFinite(value), wrong, value);
            }
            Validate.isTrue(labels[i] >= 0, "labels[%s] is %s, but a label must be 0 or more.", i, labels[i]);
        }
    }

    /**
     * {@return the embeddings that a network gives to examples, in their order}
     *
     * @param network what embeds them
     * @param examples at least one, of the base network's input shape
     * @throws IllegalArgumentException if the examples have another shape
     */
    public static Embeddings of(SiameseNetwork network, Examples examples) {
        int[] all = IntStream.range(0, examples.size()).toArray();
        return new Embeddings(network.embed(examples, all), examples.labels(), examples.source());
    }

    /**
     * {@return the examples themselves as points: of pictures the pixels, channel by channel and row by row, each 0
     * (paper) to 1 (ink); of other examples all their numbers}
     *
     * @param examples at least one
     */
    public static Embeddings ofPixels(Examples examples) {
        double[][] pixels = IntStream.range(0, examples.size())
                .mapToObj(i -> examples.batch(i).dup('c').data().asDouble()).toArray(double[][]::new);
        return new Embeddings(pixels, examples.labels(), examples.source());
    }

    /**
     * {@return the same points scaled to length 1, as a network sees them that compares by the cosine} Where D is the
     * Euclidean distance of two directions, their cosine distance is D²/2, so that the nearest by one are the nearest
     * by the other. A point of length 0 has no direction and stays where it is.
     */
    public Embeddings directions() {
        return map(v -> {
            double length = Math.max(MathArrays.safeNorm(v), 1e-8);
            return Arrays.stream(v).map(x -> x / length).toArray();
        });
    }

    /** {@return the number of points} */
    public int size() {
        return vectors.length;
    }

    /** {@return the number of components of a point} */
    public int dimensions() {
        return vectors[0].length;
    }

    /**
     * {@return the k points nearest to another one of these points, which is not its own neighbour}
     *
     * @param i the point, 0 to {@code size() - 1}
     * @param k how many, 1 to {@code size() - 1}
     * @throws IllegalArgumentException if k is out of range
     * @throws IndexOutOfBoundsException if there is no such point
     */
    public Neighbours nearest(int i, int k) {
        return nearest(new double[][] {vectors[Objects.checkIndex(i, size())]}, k, i)[0];
    }

    /**
     * {@return the k points nearest to a query, which need not be one of them}
     *
     * @param query with as many components as the points
     * @param k how many, 1 to {@code size()}
     * @throws IllegalArgumentException if k is out of range or the query has another number of components
     */
    public Neighbours nearest(double[] query, int k) {
        return nearest(new double[][] {query}, k, -1)[0];
    }

    /**
     * {@return for each query the distance to its k-th nearest point here}
     *
     * @param queries with as many components as the points
     * @param k 1 for the nearest, up to {@code size()}
     * @throws IllegalArgumentException if k is out of range or the queries have another number of components
     */
    public double[] distances(Embeddings queries, int k) {
        return Arrays.stream(nearest(queries.vectors, k, -1)).mapToDouble(n -> n.distances[k - 1]).toArray();
    }

    /**
     * {@return the share of the queries that get their own label from a vote of their k nearest points here, 0 to 1}
     *
     * <p>Where several labels have the most votes, that of the nearest point among them wins.
     *
     * @param queries with as many components as the points, and none of them one of these points
     * @param k how many vote, 1 to {@code size()}
     * @throws IllegalArgumentException if k is out of range or the queries have another number of components
     */
    public double accuracy(Embeddings queries, int k) {
        return shareOfRightVotes(queries.labels, nearest(queries.vectors, k, -1));
    }

    /**
     * {@return the share of these points that get their own label from a vote of their k nearest other points, 0 to 1}
     *
     * <p>Every point is left out in turn. Where several labels have the most votes, that of the nearest point among
     * them wins.
     *
     * @param k how many vote, 1 to {@code size() - 1}
     * @throws IllegalArgumentException if k is out of range
     */
    public double accuracy(int k) {
        return shareOfRightVotes(labels, nearest(vectors, k, 0));
    }

    /**
     * {@return recall at k: the share of these points that have one of their own label among their k nearest other
     * points, 0 to 1}
     *
     * @param k how many are looked at, 1 to {@code size() - 1}
     * @throws IllegalArgumentException if k is out of range
     */
    public double recall(int k) {
        Neighbours[] near = nearest(vectors, k, 0);
        return IntStream.range(0, size()).filter(q -> IntStream.of(near[q].indices)
                .anyMatch(i -> labels[i] == labels[q])).count() / (double) size();
    }

    /**
     * {@return mean average precision at R, 0 to 1: a point with R others of its label is asked for its R nearest ones;
     * at each rank with one of its label, the share of these among the points up to there counts; the sum is divided by
     * R, and the mean taken over all points (K. Musgrave, S. Belongie and S.-N. Lim, "A Metric Learning Reality Check",
     * ECCV 2020, arXiv:2003.08505)}
     *
     * @throws IllegalArgumentException if a point is the only one of its label
     */
    public double meanAveragePrecision() {
        Map<Integer, Long> counts = Arrays.stream(labels).boxed()
                .collect(Collectors.groupingBy(label -> label, Collectors.counting()));
        Validate.isTrue(Collections.min(counts.values()) >= 2, "labels must have each label at least twice, or a point "
                + "of it has nothing to find; leave the single ones out.");
        Neighbours[] near = nearest(vectors, (int) (Collections.max(counts.values()) - 1), 0);
        return IntStream.range(0, size()).mapToDouble(q -> {
            int r = (int) (counts.get(labels[q]) - 1);
            int right = 0;
            double sum = 0;
            for (int rank = 1; rank <= r; rank++) {
                if (labels[near[q].indices[rank - 1]] == labels[q]) {
                    sum += ++right / (double) rank;
                }
            }
            return sum / r;
        }).average().orElseThrow();
    }

    private double shareOfRightVotes(int[] right, Neighbours[] neighbours) {
        return IntStream.range(0, right.length).filter(q -> vote(neighbours[q]) == right[q]).count()
                / (double) right.length;
    }

    /**
     * {@return the principal components of these points}
     *
     * @param k how many axes, 1 to {@code dimensions()}
     * @throws IllegalArgumentException if k is out of range, or all points are the same
     */
    public PrincipalComponents components(int k) {
        return PrincipalComponents.of(this, k);
    }

    /**
     * {@return a map of these points in two dimensions that keeps neighbours together: t-SNE, by the Barnes-Hut
     * approximation with θ = ½ (L. van der Maaten, JMLR 15, 2014)}
     *
     * <p>Points of more than 50 components are reduced to their 50 principal components first. The same points and the
     * same seed give the same map. 2,000 points take some seconds. With fewer than about 500 points the steps are too
     * long for the map to settle, and single points stray.
     *
     * @param perplexity about how many neighbours each point attends to, at least 1 and less than a third of
     *     {@code size() - 1}; 5 to 50 are usual
     * @param seed of the random start
     * @throws IllegalArgumentException if the perplexity is out of range, or all points are the same
     * @throws CancellationException if the thread is interrupted, as Stop in JupyterLab does
     */
    public Embeddings tsne(double perplexity, long seed) {
        Validate.isTrue(perplexity >= 1 && 3 * perplexity < size() - 1, "perplexity must be at least 1 and less than "
                + "a third of %s (the number of points less one), but is %s.", size() - 1, perplexity);
        Tsne tsne = new Tsne();
        tsne.setMessageConsumer(null);
        tsne.setInitialDims(0);
        tsne.setPerplexity(perplexity);
        tsne.setMaxIterations(TSNE_STEPS);
        tsne.setRandomSeed(seed);
        double[][] map = tsne.run(components(Math.min(TSNE_COMPONENTS, dimensions())).project(this).vectors);
        if (map == null) {
            throw new CancellationException("t-SNE was stopped.");
        }
        return new Embeddings(map, labels, source);
    }

    Embeddings map(UnaryOperator<double[]> function) {
        return new Embeddings(Arrays.stream(vectors).map(function).toArray(double[][]::new), labels, source);
    }

    /** The label with the most votes; of several the one that has the nearest neighbour. */
    private int vote(Neighbours neighbours) {
        Map<Integer, Long> votes = Arrays.stream(neighbours.indices).mapToObj(i -> labels[i])
                .collect(Collectors.groupingBy(label -> label, LinkedHashMap::new, Collectors.counting()));
        return Collections.max(votes.entrySet(), Map.Entry.comparingByValue()).getKey(); // the first of several
    }

    /** The k nearest of these points to each query; query q leaves out point {@code without + q}; if negative, none. */
    private Neighbours[] nearest(double[][] queries, int k, int without) {
        checkDimensions("query", queries[0].length, dimensions());
        int most = without < 0 ? size() : size() - 1;
        Validate.isTrue(k >= 1 && k <= most, "k must be 1 to %s, the number of points to choose from, but is %s.",
                most, k);
        INDArray points = Nd4j.createFromArray(Arrays.stream(vectors).map(p -> MathArrays.concatenate(p,
                new double[] {Math.pow(MathArrays.safeNorm(p), 2)})).toArray(double[][]::new));
        double scale = points.getColumn(dimensions()).maxNumber().doubleValue();
        Neighbours[] result = new Neighbours[queries.length];
        IntStream.iterate(0, from -> from < queries.length, from -> from + BLOCK).forEach(from -> {
            INDArray block = Nd4j.createFromArray(Arrays.stream(queries).skip(from).limit(BLOCK).map(q ->
                    MathArrays.concatenate(MathArrays.scale(-2, q), new double[] {1})).toArray(double[][]::new));
            // The squared distances but for the query's own square, ‖p‖² − 2 q·p, from one matrix product
            double[] scores = Nd4j.gemm(block, points, false, true).data().asDouble();
            IntStream.range(0, (int) block.size(0)).parallel().forEach(q -> {
                double[] own = Arrays.copyOfRange(scores, q * size(), (q + 1) * size());
                if (without >= 0) {
                    own[without + from + q] = Double.POSITIVE_INFINITY;
                }
                result[from + q] = exact(queries[from + q], k, own, scale);
            });
        });
        return result;
    }

    /** Computes the distances anew, by their definition, of all points whose score may be among the k lowest. */
    private Neighbours exact(double[] query, int k, double[] scores, double scale) {
        double limit = (k == 1 ? StatUtils.min(scores) : new KthSelector().select(scores.clone(), null, k - 1))
                + 1e-11 * (scale + Math.pow(MathArrays.safeNorm(query), 2)); // more than rounding can change
        double[] distances = new double[scores.length];
        int[] order = IntStream.range(0, scores.length).filter(i -> scores[i] <= limit)
                .peek(i -> distances[i] = MathArrays.distance(query, vectors[i])).boxed()
                .sorted(Comparator.comparingDouble(i -> distances[i])).limit(k).mapToInt(Integer::intValue).toArray();
        return new Neighbours(order, Arrays.stream(order).mapToDouble(i -> distances[i]).toArray());
    }

    static void checkDimensions(String name, int found, int needed) {
        Validate.isTrue(found == needed, "%s must have %s components, but has %s; do both come from the same space?",
                name, needed, found);
    }

    @Override
    public String toString() {
        return String.format("%s: %,d points of %,d components", source, size(), dimensions());
    }
}
