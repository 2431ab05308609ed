package siamese.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static siamese.spark.SparkEvaluationTest.bars;
import static siamese.spark.SparkEvaluationTest.says;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import siamese.data.LabeledImages;
import siamese.data.Variation;
import siamese.model.History;
import siamese.model.Loss;
import siamese.model.Loss.Batch;
import siamese.model.Recipe;
import siamese.model.SiameseNetwork;
import siamese.model.TrainingListener;
import siamese.model.TrainingListener.Progress;

@Timeout(900)
class SparkTrainingTest {

    private static final LabeledImages BARS = bars(160);
    private static final Recipe RECIPE = Recipe.allPairs(1).withClassesPerBatch(4).withExamplesPerClass(5)
            .withVariation(Variation.NONE.withShift(1));

    /** A loss that learns, too. */
    record Learned() implements Loss {

        @Override
        public Result of(INDArray embeddings, Batch batch) {
            return new Result(0, embeddings.like(), Nd4j.zeros(1));
        }

        @Override
        public INDArray parameters() {
            return Nd4j.zeros(1);
        }
    }

    private static float[] weights(SiameseNetwork network) {
        return network.graph().params().toFloatVector();
    }

    private static float[] trained(Cluster cluster, int shards, int interval, TrainingListener... listeners) {
        SiameseNetwork network = SiameseNetwork.overview(3);
        new SparkTraining(cluster, shards, interval, RECIPE).fit(network, BARS, listeners);
        return weights(network);
    }

    @Test
    void oneShardAndOneRoundAreTheTrainingOfOneMachine() {
        SiameseNetwork plain = SiameseNetwork.overview(3);
        plain.fit(BARS, null, RECIPE);
        try (Cluster cluster = Cluster.of("local[2]")) {
            assertArrayEquals(weights(plain), trained(cluster, 1, 8)); // 160 images, 20 a batch
        }
    }

    @Test
    void shardsAreAveragedAndTheSameEveryTime() {
        try (Cluster cluster = Cluster.of("local[2]")) {
            List<Integer> rounds = new ArrayList<>();
            SiameseNetwork network = SiameseNetwork.overview(3);
            History history = new SparkTraining(cluster, 4, 1, RECIPE.withEpochs(3)).fit(network, BARS,
                    new TrainingListener() {
                        @Override
                        public void onBatch(Progress progress) {
                            rounds.add((progress.epoch() - 1) * progress.batches() + progress.batch());
                        }
                    });
            assertEquals(List.of(1, 2, 3, 4, 5, 6), rounds); // 160 images, 4 shards × 20 a round
            assertEquals(3, history.epochs().size());
            double first = history.epochs().get(0).trainLoss();
            assertTrue(history.epochs().get(2).trainLoss() < first, "it learns: " + history);
            assertArrayEquals(trained(cluster, 4, 1), trained(cluster, 4, 1));
            assertFalse(Arrays.equals(trained(cluster, 4, 1), trained(cluster, 4, 2)), "the interval counts");
            says("use fewer shards", () -> trained(cluster, 100, 1));
            says("at least 1", () -> new SparkTraining(cluster, 0, 1, RECIPE));
            SparkTraining learned = new SparkTraining(cluster, 1, 1, RECIPE.withLoss(new Learned()));
            says("has parameters", () -> learned.fit(network, BARS));
        }
    }

    @Test
    void theMeanDoesNotDependOnTheOrderOfArrival() {
        Random random = new Random(1);
        List<Average> shards = new ArrayList<>();
        for (int shard = 0; shard < 7; shard++) {
            float[] weights = {random.nextFloat() * 1e9f, random.nextFloat() * 1e-9f};
            float[] moments = {weights[1], weights[0], 1, random.nextFloat()};
            shards.add(Average.of(shard, new SiameseNetwork.State(weights, moments, 1, 0.1)));
        }
        SiameseNetwork.State first = shards.stream().reduce(Average::plus).orElseThrow().mean(7, 1);
        for (int k = 0; k < 50; k++) {
            Collections.shuffle(shards, random);
            int cut = 1 + random.nextInt(6); // two parts, added as a tree of tasks may add them
            SiameseNetwork.State mean = shards.subList(0, cut).stream().reduce(Average::plus).orElseThrow()
                    .plus(shards.subList(cut, 7).stream().reduce(Average::plus).orElseThrow()).mean(7, 1);
            assertArrayEquals(first.weights(), mean.weights());
            assertArrayEquals(first.moments(), mean.moments());
            assertEquals(first.loss(), mean.loss());
        }
        assertEquals(1, first.moments()[2]);
    }

    @Test
    void everyShardAndRoundHasASeedOfItsOwn() {
        assertEquals(400, IntStream.range(0, 400).mapToLong(k -> SparkTraining.seed(1, 1 + k / 20, k % 20))
                .distinct().count());
    }

    @Test
    void anExecutorKilledInMidTrainingChangesNothing() {
        try (Cluster cluster = Cluster.of("local-cluster[2,1,1024]")) {
            float[] undisturbed = trained(cluster, 2, 1);
            List<Integer> killedAfter = new ArrayList<>();
            float[] disturbed = trained(cluster, 2, 1, new TrainingListener() {
                @Override
                public void onBatch(Progress progress) {
                    if (progress.batch() == 2) {
                        killedAfter.add(progress.batch());
                        cluster.killWorker();
                    }
                }
            });
            assertEquals(List.of(2), killedAfter);
            assertArrayEquals(undisturbed, disturbed);
        }
    }
}
