package siamese.spark;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import siamese.data.LabeledImages;
import siamese.model.Exchange;
import siamese.model.History;
import siamese.model.Recipe;
import siamese.model.SiameseNetwork;
import siamese.model.TrainingListener;

/**
 * The recommended training on a cluster, by synchronous parameter averaging. The images are divided into shards. In
 * each round every shard starts from the same weights, takes some steps on batches of its own, and the means of all
 * weights and of Adam's state are where the next round starts. A shard's batches depend on the seed, the round and the
 * shard alone, and the means on no order, so that the result is the same to the bit if a worker dies and its part is
 * done again elsewhere.
 *
 * <p>An epoch has as many rounds as it takes until all shards together have seen about as many images as there are.
 *
 * @param cluster where to train
 * @param shards into how many parts the images are divided, at least 1
 * @param interval how many steps a shard takes between two averages, at least 1
 * @param recipe batches (of one shard), epochs and learning rate
 */
public record SparkTraining(Cluster cluster, int shards, int interval, Recipe recipe) {

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public SparkTraining {
        if (shards < 1 || interval < 1) {
            throw new IllegalArgumentException("shards and interval must be at least 1, but are " + shards + " and "
                    + interval + ".");
        }
    }

    /**
     * Trains a network. It has the averaged weights after each round, so that a listener can judge it on the way.
     *
     * @param network what to train; its seed is that of the training, too
     * @param train images of the shape that the network reads
     * @param listeners are told what happens; what they call a batch is a round
     * @return the loss and the speed of each epoch
     * @throws IllegalArgumentException if a shard would have fewer than two classes with two images, the images have
     *     another size, or the loss or the distance has parameters
     * @throws IllegalStateException if a worker fails again and again, in one sentence that says why
     */
    public History fit(SiameseNetwork network, LabeledImages train, TrainingListener... listeners) {
        if (recipe.loss().parameters() != null || network.distance().parameters() != null) {
            throw new IllegalArgumentException("The loss or the distance has parameters, of which no mean is taken; "
                    + "train on one machine with fit, or use a loss and a distance without.");
        }
        int batch = recipe.examplesPerClass() * Math.min(recipe.classesPerBatch(), train.classes());
        int rounds = Math.max(1, Math.round((float) train.size() / (batch * shards * interval)));
        network.embed(train, 0); // complains here, not on a worker
        List<Broadcast<LabeledImages>> data = shards(train).stream().map(cluster.context()::broadcast).toList();
        Broadcast<Networks> networks = cluster.context().broadcast(new Networks(network));
        int steps = recipe.epochs() * rounds * interval;
        try {
            return new Rounds(train.source(), recipe.epochs(), rounds,
                    batch * (batch - 1) / 2.0 * interval * shards).run(network, network.state(), 0,
                    (from, number) -> round(from, number, steps, data, networks, network.seed()), listeners);
        } finally {
            Cluster.destroy(data);
            Cluster.destroy(List.of(networks));
        }
    }

    private SiameseNetwork.State round(SiameseNetwork.State from, int round, int steps,
            List<Broadcast<LabeledImages>> data, Broadcast<Networks> networks, long seed) {
        Broadcast<SiameseNetwork.State> start = cluster.context().broadcast(from);
        List<Integer> numbers = IntStream.range(0, shards).boxed().toList();
        try {
            return cluster.quietly(() -> cluster.context().parallelize(numbers, shards)
                    .map(part(start, round, steps, interval, recipe, data, networks, seed))
                    .treeReduce(Average::plus)).mean(shards, from.steps() + interval);
        } finally {
            Cluster.destroy(List.of(start));
        }
    }

    /** What a task does; without this object, which cannot be sent. */
    private static Function<Integer, Average> part(Broadcast<SiameseNetwork.State> start, int round, int steps,
            int interval, Recipe recipe, List<Broadcast<LabeledImages>> data, Broadcast<Networks> networks, long seed) {
        return shard -> Average.of(shard, networks.value().use(network -> network.steps(start.value(),
                data.get(shard).value(), recipe, interval, steps, seed(seed, round, shard), Exchange.alone(1))));
    }

    /** A seed of its own for each shard in each round; with one shard and one round it is the training's. */
    static long seed(long seed, int round, int shard) {
        return round == 1 && shard == 0 ? seed : new SplittableRandom(seed ^ (long) round << 32 ^ shard).nextLong();
    }

    /** The images dealt out like cards, class by class, so that every shard has some of each. */
    private List<LabeledImages> shards(LabeledImages train) {
        int[][] byClass = train.indicesByClass();
        return IntStream.range(0, shards).mapToObj(shard -> {
            int[] mine = IntStream.range(0, byClass.length).flatMap(c -> IntStream.range(0, byClass[c].length)
                    .filter(i -> i % shards == shard).map(i -> byClass[c][i])).sorted().toArray();
            if (mine.length == 0 || Arrays.stream(train.subset(mine).classCounts()).filter(n -> n >= 2).count() < 2) {
                throw new IllegalArgumentException("Each of the " + shards
                        + " shards needs two classes with two images at least, but shard " + shard
                        + " would have " + mine.length + " images in all; use fewer shards.");
            }
            return train.subset(mine);
        }).toList();
    }
}
