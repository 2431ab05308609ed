package siamese.spark;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
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

    private static final String ABOUT = "about";

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

    /** How a task comes by a block. */
    private interface Source extends IntFunction<Block>, Serializable {
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
        if (blocks.stream().mapToInt(Block::size).sum() < 2) {
            throw new IllegalArgumentException("blocks has fewer than two points, but a pair needs two.");
        }
        Broadcast<Block[]> all = cluster.context().broadcast(blocks.toArray(Block[]::new));
        try {
            return count(blocks.size(), b -> all.value()[b]);
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
        String id = UUID.randomUUID().toString();
        List<Block> blocks = Block.split(points, rows);
        for (int b = 0; b < blocks.size(); b++) {
            write(folder, b, id, blocks.get(b));
        }
        finish(folder, id, blocks.size());
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
        String id = UUID.randomUUID().toString();
        long blocks = cluster.work(tasks, () -> embedded(network, examples).map(part -> {
            write(folder, part.number, id, part.block);
            return part.number;
        }).count());
        finish(folder, id, (int) blocks);
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
        String id;
        int blocks;
        try (DataInputStream about = open(new Path(folder, ABOUT))) {
            id = about.readUTF();
            blocks = about.readInt();
        } catch (IOException e) {
            throw new IllegalArgumentException("There are no stored blocks in " + folder
                    + ", or storing them was not finished; store them first.", e);
        }
        return count(blocks, b -> read(folder, b, id));
    }

    private record Numbered(int number, Block block) implements Serializable {
    }

    /** Examples in blocks, each embedded where its task runs. */
    private JavaRDD<Numbered> embedded(SiameseNetwork network, Examples examples) {
        Distance distance = network.distance();
        if (distance != Distance.EUCLIDEAN && distance != Distance.COSINE) {
            throw new IllegalArgumentException("network compares by " + distance + ", but the histogram counts "
                    + "Euclidean distances; use a network with Distance.EUCLIDEAN or COSINE.");
        }
        network.embed(examples, 0); // complains here, not on a worker
        Broadcast<Networks> networks = cluster.context().broadcast(new Networks(network));
        Broadcast<Examples> all = cluster.context().broadcast(examples);
        List<Integer> numbers = IntStream.range(0, (examples.size() + rows - 1) / rows).boxed().toList();
        return cluster.context().parallelize(numbers, tasks)
                .map(embedding(networks, all, rows, distance == Distance.COSINE));
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

    private DistanceHistogram count(int blocks, Source source) {
        List<int[]> tiles = Arrays.asList(DistanceHistogram.tiles(blocks));
        FlatMapFunction<Iterator<int[]>, DistanceHistogram> task = task(source, bins, maxDistance);
        return cluster.work(tasks, () -> cluster.context().parallelize(tiles, tasks).mapPartitions(task)
                .reduce(DistanceHistogram::plus));
    }

    /** What a task does; without this object, which cannot be sent. */
    private static FlatMapFunction<Iterator<int[]>, DistanceHistogram> task(Source source, int bins,
            double maxDistance) {
        return tiles -> List.of(DistanceHistogram.of(tiles, source, bins, maxDistance)).iterator();
    }

    private static DataInputStream open(Path file) throws IOException {
        return file.getFileSystem(new Configuration()).open(file);
    }

    private static FSDataOutputStream create(Path file) throws IOException {
        return file.getFileSystem(new Configuration()).create(file, true);
    }

    private static Path file(String folder, int block) {
        return new Path(folder, String.format(Locale.ROOT, "block-%06d", block));
    }

    /** Until this is written, the blocks are not all there. */
    private static void finish(String folder, String id, int blocks) throws IOException {
        try (DataOutputStream out = create(new Path(folder, ABOUT))) {
            out.writeUTF(id);
            out.writeInt(blocks);
        }
    }

    private static void write(String folder, int number, String id, Block block) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(4 * (block.labels().length + block.components().length));
        bytes.asIntBuffer().put(block.labels());
        bytes.position(4 * block.labels().length).slice().asFloatBuffer().put(block.components());
        try (DataOutputStream out = create(file(folder, number))) {
            out.writeUTF(id);
            out.writeInt(block.size());
            out.writeInt(block.dimensions());
            out.write(bytes.array());
        }
    }

    private static Block read(String folder, int number, String id) {
        try (DataInputStream in = open(file(folder, number))) {
            if (!in.readUTF().equals(id)) {
                throw new IllegalStateException("Block " + number + " in " + folder
                        + " was not stored together with the others, so it may come from another network; "
                        + "store all of them anew.");
            }
            int[] labels = new int[in.readInt()];
            float[] components = new float[labels.length * in.readInt()];
            ByteBuffer bytes = ByteBuffer.wrap(in.readNBytes(4 * (labels.length + components.length)));
            bytes.asIntBuffer().get(labels);
            bytes.position(4 * labels.length).slice().asFloatBuffer().get(components);
            return new Block(components, labels);
        } catch (FileNotFoundException e) {
            throw new IllegalStateException("Block " + number + " is not in " + folder
                    + " on a worker; use a folder that all workers see, and store the blocks there first.", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
