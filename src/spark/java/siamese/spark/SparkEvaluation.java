package siamese.spark;

import java.io.IOException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import siamese.data.Examples;
import siamese.evaluation.DistanceHistogram;
import siamese.evaluation.DistanceHistogram.Block;
import siamese.evaluation.Embeddings;
import siamese.model.Distance;
import siamese.model.SiameseNetwork;

/**
 * All pairs of embeddings, counted on a cluster: the blocks of the distance matrix are shared out among tasks, each
 * task counts its own, and the histograms are added. The counts equal those of {@link DistanceHistogram#of} to the bit,
 * for any number of tasks, and also if a worker dies and its tasks are done again.
 *
 * @param cluster where to count
 * @param bins how many, 1 to 2²⁴
 * @param maxDistance where the last bin ends, greater than 0
 * @param rows of a block, at least 1; a multiple of 256 lets workers embed in the same batches as one machine
 * @param tasks among how many the work is shared out, at least 1; some times as many as there are cores
 */
public record SparkEvaluation(Cluster cluster, int bins, double maxDistance, int rows, int tasks) {

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public SparkEvaluation {
        DistanceHistogram.check(bins, maxDistance);
        if (rows < 1 || tasks < 1) {
            throw new IllegalArgumentException("rows and tasks must be at least 1, but are " + rows + " and " + tasks
                    + ".");
        }
    }

    /**
     * {@return an evaluation with 2¹⁸ bins up to the distance 4, blocks of 2,048 rows, and 24 tasks}
     *
     * @param cluster where to count
     */
    public static SparkEvaluation of(Cluster cluster) {
        return new SparkEvaluation(cluster, 1 << 18, 4, 2048, 24);
    }

    /** All blocks, which were sent to the workers, and the number of each one's first point. */
    private record Sent(Broadcast<Block[]> blocks, int[] starts) implements Tally.Source {

        @Override
        public Block block(int number) {
            return blocks.value()[number];
        }

        @Override
        public int start(int number) {
            return starts[number];
        }
    }

    /**
     * {@return the histogram of all pairs, with all embeddings sent to every executor: simplest, as long as they fit
     * there}
     *
     * @param points at least two
     * @throws IllegalStateException if a worker fails again and again, in one sentence that says why
     */
    public DistanceHistogram broadcast(Embeddings points) {
        return broadcast(Block.split(points, rows));
    }

    /**
     * {@return the same with the workers embedding the examples first}
     *
     * @param network with the Euclidean distance, or with the cosine, of which the directions are counted
     * @param examples at least two, of the shape that the network reads; every executor gets all of them
     * @throws IllegalArgumentException if the network or the examples are others
     * @throws IllegalStateException if a worker fails again and again, in one sentence that says why
     */
    public DistanceHistogram broadcast(SiameseNetwork network, Examples examples) {
        return broadcast(embed(network, examples));
    }

    /**
     * {@return the embeddings of examples, computed by the workers and brought here block by block}
     *
     * @param network with the Euclidean distance, or with the cosine, of which the directions are taken
     * @param examples of the shape that the network reads; every executor gets all of them
     * @throws IllegalArgumentException if the network or the examples are others
     * @throws IllegalStateException if a worker fails again and again, in one sentence that says why
     */
    public List<Block> embed(SiameseNetwork network, Examples examples) {
        return cluster.work(tasks, () -> embedded(network, examples).map(Numbered::block).collect());
    }

    /**
     * {@return the points of some blocks, in their order}
     *
     * @param blocks what {@link #embed} returned, at least one
     * @param source name of the data, such as "MNIST"
     */
    public static Embeddings joined(List<Block> blocks, String source) {
        double[][] vectors = blocks.stream().flatMap(block -> IntStream.range(0, block.size())
                .mapToObj(i -> IntStream.range(0, block.dimensions())
                        .mapToDouble(k -> block.components()[k * block.size() + i]).toArray()))
                .toArray(double[][]::new);
        int[] labels = blocks.stream().flatMapToInt(block -> Arrays.stream(block.labels())).toArray();
        return new Embeddings(vectors, labels, source);
    }

    /**
     * {@return the histogram of all pairs of points that are blocks already}
     *
     * @param blocks what {@link #embed} returned
     * @throws IllegalStateException if a worker fails again and again, in one sentence that says why
     */
    public DistanceHistogram broadcast(List<Block> blocks) {
        return tally(blocks, 0).histogram();
    }

    /**
     * {@return what {@link #broadcast(List)} counts, and the worst pairs, by the numbers of their points}
     *
     * @param blocks what {@link #embed} returned
     * @param worst how many of each kind, 0 or more; to look for them takes about as long as to count
     * @throws IllegalStateException if a worker fails again and again, in one sentence that says why
     */
    public Tally tally(List<Block> blocks, int worst) {
        return sent(blocks, all -> count(blocks.size(), all, worst));
    }

    /** The same of some pairs: the numbers of two points, and 1 if they are similar, else 0. */
    Tally tally(List<Block> blocks, JavaRDD<int[]> pairs, int worst) {
        return sent(blocks, all -> count(pairs.repartition(tasks), pairsTask(all, bins, maxDistance, worst)));
    }

    private Tally sent(List<Block> blocks, java.util.function.Function<Sent, Tally> count) {
        if (blocks.stream().mapToInt(Block::size).sum() < 2) {
            throw new IllegalArgumentException("blocks has fewer than two points, but a pair needs two.");
        }
        int[] starts = blocks.stream().mapToInt(Block::size).toArray();
        Arrays.parallelPrefix(starts, Integer::sum);
        Arrays.setAll(starts, b -> starts[b] - blocks.get(b).size());
        Broadcast<Block[]> all = cluster.context().broadcast(blocks.toArray(Block[]::new));
        try {
            return count.apply(new Sent(all, starts));
        } finally {
            all.destroy();
        }
    }

    /**
     * Writes embeddings block by block, as {@link #stored} reads them.
     *
     * @param points at least two
     * @param folder where to, in a file system that all workers see: {@code file:///…}, {@code hdfs://…}, {@code
     *     s3a://…}
     * @throws IOException if they cannot be written
     */
    public void store(Embeddings points, String folder) throws IOException {
        List<Block> blocks = Block.split(points, rows);
        StoredBlocks stored = StoredBlocks.of(folder, blocks.size(), rows);
        for (int b = 0; b < blocks.size(); b++) {
            stored.write(b, blocks.get(b));
        }
        stored.finish();
    }

    /**
     * Lets the workers embed examples and write the embeddings, as {@link #stored} reads them. They never come here.
     *
     * @param network with the Euclidean distance, or with the cosine, of which the directions are counted
     * @param examples at least two, of the shape that the network reads; every executor gets all of them
     * @param folder where to, in a file system that all workers see: {@code file:///…}, {@code hdfs://…}, {@code
     *     s3a://…}
     * @throws IOException if they cannot be written
     * @throws IllegalArgumentException if the network or the examples are others
     * @throws IllegalStateException if a worker fails again and again, in one sentence that says why
     */
    public void store(SiameseNetwork network, Examples examples, String folder) throws IOException {
        StoredBlocks stored = StoredBlocks.of(folder, (examples.size() + rows - 1) / rows, rows);
        cluster.work(tasks, () -> embedded(network, examples).map(part -> {
            stored.write(part.number, part.block);
            return part.number;
        }).count());
        stored.finish();
    }

    /**
     * {@return the histogram of all pairs, with the blocks read from storage by the tasks: two blocks are all that a
     * task holds, however many points there are}
     *
     * @param folder what {@link #store} wrote
     * @throws IllegalArgumentException if there are no stored blocks
     * @throws IllegalStateException if a worker does not find a block, or it was not stored with the others, in one
     *     sentence
     */
    public DistanceHistogram stored(String folder) {
        return tally(folder, 0).histogram();
    }

    /**
     * {@return what {@link #stored} counts, and the worst pairs, by the numbers of their points}
     *
     * @param folder what {@link #store} wrote
     * @param worst how many of each kind, 0 or more; to look for them takes about as long as to count
     * @throws IllegalArgumentException if there are no stored blocks
     * @throws IllegalStateException as there
     */
    public Tally tally(String folder, int worst) {
        StoredBlocks stored = StoredBlocks.of(folder);
        return count(stored.number(), stored, worst);
    }

    private record Numbered(int number, Block block) implements Serializable {
    }

    /** Examples in blocks, each embedded where its task runs. */
    private JavaRDD<Numbered> embedded(SiameseNetwork network, Examples examples) {
        boolean directions = comparesByCosine(network);
        network.embed(examples, 0); // complains here, not on a worker
        Broadcast<Networks> networks = cluster.context().broadcast(new Networks(network));
        Broadcast<Examples> all = cluster.context().broadcast(examples);
        List<Integer> numbers = IntStream.range(0, (examples.size() + rows - 1) / rows).boxed().toList();
        return cluster.context().parallelize(numbers, tasks).map(embedding(networks, all, rows, directions));
    }

    /** {@return whether directions are counted; complains of a network whose distances cannot be} */
    static boolean comparesByCosine(SiameseNetwork network) {
        Distance distance = network.distance();
        if (distance != Distance.EUCLIDEAN && distance != Distance.COSINE) {
            throw new IllegalArgumentException("network compares by " + distance + ", but the histogram counts "
                    + "Euclidean distances; use a network with Distance.EUCLIDEAN or COSINE.");
        }
        return distance == Distance.COSINE;
    }

    /** What a task does; without this object, which cannot be sent. */
    private static Function<Integer, Numbered> embedding(Broadcast<Networks> networks, Broadcast<Examples> all,
            int rows, boolean directions) {
        return number -> {
            Examples examples = all.value();
            int[] part = IntStream.range(number * rows, Math.min((number + 1) * rows, examples.size())).toArray();
            double[][] vectors = networks.value().use(network -> network.embed(examples, part));
            Embeddings points = new Embeddings(vectors, IntStream.of(part).map(examples::label).toArray(),
                    examples.source());
            return new Numbered(number, Block.of(directions ? points.directions() : points, 0, points.size()));
        };
    }

    private Tally count(int blocks, Tally.Source source, int worst) {
        return count(cluster.context().parallelize(Arrays.asList(DistanceHistogram.tiles(blocks)), tasks),
                task(source, bins, maxDistance, worst));
    }

    private Tally count(JavaRDD<int[]> parts, FlatMapFunction<Iterator<int[]>, Tally> task) {
        return cluster.work(tasks, () -> parts.mapPartitions(task).reduce(Tally::plus));
    }

    /** What a task does; without this object, which cannot be sent. */
    private static FlatMapFunction<Iterator<int[]>, Tally> task(Tally.Source source, int bins, double maxDistance,
            int worst) {
        return tiles -> List.of(Tally.of(tiles, source, bins, maxDistance, worst)).iterator();
    }

    private static FlatMapFunction<Iterator<int[]>, Tally> pairsTask(Sent all, int bins, double maxDistance,
            int worst) {
        return pairs -> List.of(Tally.ofPairs(pairs, all.blocks.value(), all.starts, bins, maxDistance, worst))
                .iterator();
    }
}
