package siamese.spark;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.broadcast.Broadcast;
import scala.Function1;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;
import siamese.data.LabeledImages;
import siamese.model.Exchange;
import siamese.model.History;
import siamese.model.Recipe;
import siamese.model.SiameseNetwork;
import siamese.model.TrainingListener;

/**
 * The recommended training on a cluster, every step of which is taken by all tasks together: each embeds its parts of
 * the batch, all tell each other the embeddings, each propagates the gradient of the loss of <em>all</em> pairs back
 * for its own parts, all tell each other the sums, and all take the same step. The result depends on the number of
 * parts and on nothing else, to the bit, on processors of one type: not on the number of tasks, nor on a worker that
 * dies. It is that of {@link SiameseNetwork#steps} with {@link Exchange#alone} and the same number of parts.
 *
 * <p>It is done in Spark's barrier mode, whose tasks all run at once, round by round of some steps each. If a worker
 * dies, Spark begins the round again, and the driver has the state from which it starts.
 *
 * @param cluster where to train
 * @param parts into how many parts a batch is cut: a power of two, at most the examples of a batch
 * @param tasks how many tasks share them: a power of two, at most {@code parts}, and at most as many as the cluster
 *     runs at once
 * @param interval how many steps a round has, at least 1
 * @param recipe batches, epochs and learning rate
 */
public record SynchronousTraining(Cluster cluster, int parts, int tasks, int interval, Recipe recipe) {

    /**
     * What a training has done, without the rounds that a checkpoint spared it or that were begun again.
     *
     * @param history the loss and the speed of each epoch
     * @param steps how many were taken
     * @param sent bytes that all tasks together have sent to the driver in these steps
     * @param received bytes that the driver has sent to all tasks together
     * @param seconds how long a task has waited for the others and the network, the mean over the tasks
     */
    public record Result(History history, int steps, long sent, long received, double seconds) {
    }

    /** What a task returns; the first one the state, and the others what it must be. */
    private record Done(SiameseNetwork.State state, int hash, long sent, long received, double seconds)
            implements Serializable {
    }

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public SynchronousTraining {
        new Exchange(parts, tasks, 0, null);
        if (interval < 1) {
            throw new IllegalArgumentException("interval must be at least 1, but is " + interval + ".");
        }
    }

    /**
     * Trains a network. It has the weights after each round, so that a listener can judge it on the way.
     *
     * @param network what to train; its seed is that of the training, too
     * @param train images of the shape that the network reads; each executor gets all of them
     * @param checkpoint a file of the driver's that keeps where each round has led, and from which a training that was
     *     broken off goes on; null for none
     * @param listeners are told what happens; what they call a batch is a round
     * @return the loss and the speed of each epoch, and what was sent
     * @throws IllegalArgumentException if the images have another size, the loss or the distance has parameters, the
     *     network has batch normalization and there are several parts, a batch has fewer examples than parts, or the
     *     checkpoint belongs to another training
     * @throws IllegalStateException if the cluster runs fewer tasks at once, a worker fails again and again, or two
     *     workers come to different results, in one sentence
     */
    public Result fit(SiameseNetwork network, LabeledImages train, Path checkpoint, TrainingListener... listeners) {
        if (recipe.loss().parameters() != null || network.distance().parameters() != null) {
            throw new IllegalArgumentException("The loss or the distance has parameters, which no checkpoint keeps; "
                    + "train on one machine with fit, or use a loss and a distance without.");
        }
        Networks sent = new Networks(network);
        // complains here, not on a worker
        sent.use(copy -> copy.steps(copy.state(), train, recipe, 1, 1, 0, Exchange.alone(parts)));
        int batch = recipe.examplesPerClass() * Math.min(recipe.classesPerBatch(), train.classes());
        int rounds = Math.max(1, Math.round((float) train.size() / (batch * interval)));
        int steps = recipe.epochs() * rounds * interval;
        SiameseNetwork.State start = network.state();
        Checkpoint kept = checkpoint == null ? null : new Checkpoint(checkpoint, "seed " + network.seed() + ", " + parts
                + " parts, " + interval + " steps a round, " + recipe + ", " + train.fingerprint());
        SiameseNetwork.State from = kept == null ? start : kept.read(start);
        List<Done> done = new ArrayList<>();
        Broadcast<LabeledImages> data = cluster.context().broadcast(train);
        Broadcast<Networks> networks = cluster.context().broadcast(sent);
        try {
            History history = new Rounds(train.source(), recipe.epochs(), rounds, batch * (batch - 1) / 2.0 * interval)
                    .run(network, from, from.steps() / interval, (state, number) -> {
                        List<Done> ended = round(state, steps, SparkTraining.seed(network.seed(), number, 0), data,
                                networks);
                        done.addAll(ended);
                        if (kept != null) {
                            kept.write(ended.get(0).state);
                        }
                        return ended.get(0).state;
                    }, listeners);
            return new Result(history, done.size() / tasks * interval, done.stream().mapToLong(Done::sent).sum(),
                    done.stream().mapToLong(Done::received).sum(),
                    done.stream().mapToDouble(Done::seconds).sum() / tasks);
        } finally {
            Cluster.destroy(List.of(data, networks));
        }
    }

    private List<Done> round(SiameseNetwork.State from, int steps, long seed, Broadcast<LabeledImages> data,
            Broadcast<Networks> networks) {
        Broadcast<SiameseNetwork.State> start = cluster.context().broadcast(from);
        List<Integer> numbers = IntStream.range(0, tasks).boxed().toList();
        try {
            List<Done> done = cluster.quietly(() -> cluster.context().parallelize(numbers, tasks).rdd().barrier()
                    .mapPartitions(task(start, steps, parts, interval, recipe, data, networks, seed), false,
                            ClassTag$.MODULE$.<Done>apply(Done.class)).toJavaRDD()
                    .repartition(1) // a barrier stage that were the last one of its job would not be begun again
                    .collect().stream().sorted(Comparator.comparing(one -> one.state == null)).toList());
            if (done.stream().mapToInt(Done::hash).distinct().count() > 1) {
                throw new IllegalStateException("The tasks have come to different weights, as happens on processors "
                        + "of different types; use machines of one type.");
            }
            return done;
        } finally {
            Cluster.destroy(List.of(start));
        }
    }

    /** What a task does; without this object, which cannot be sent. */
    private static Function1<Iterator<Integer>, Iterator<Done>> task(Broadcast<SiameseNetwork.State> start, int steps,
            int parts, int interval, Recipe recipe, Broadcast<LabeledImages> data, Broadcast<Networks> networks,
            long seed) {
        return (Function1<Iterator<Integer>, Iterator<Done>> & Serializable) unused -> {
            BarrierTaskContext context = BarrierTaskContext.get();
            try (Gather gather = new Gather(context)) {
                SiameseNetwork.State end = networks.value().use(network -> network.steps(start.value(), data.value(),
                        recipe, interval, steps, seed,
                        new Exchange(parts, context.numPartitions(), context.partitionId(), gather)));
                Done done = new Done(context.partitionId() == 0 ? end : null, Arrays.hashCode(end.weights()),
                        gather.sent(), gather.received(), gather.seconds());
                return CollectionConverters.asScala(List.of(done).iterator());
            }
        };
    }
}
