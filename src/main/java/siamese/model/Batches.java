package siamese.model;

import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.commons.lang3.Validate;
import org.nd4j.linalg.api.ndarray.INDArray;
import siamese.data.Examples;
import siamese.data.Pairs;
import siamese.data.Variation;
import siamese.model.Loss.Batch;

/**
 * Which examples and pairs a training sees, batch by batch; made from an injected generator. Each example is given
 * once.
 */
abstract class Batches {

    /** Some examples, shape [n, …], and what a loss is told about them. */
    record Data(INDArray examples, Batch batch) {
    }

    final Examples examples;
    final Distance distance;
    final Random random;
    private final Variation variation;

    Batches(Examples examples, Distance distance, Variation variation, Random random) {
        this.examples = examples;
        this.distance = distance;
        this.variation = variation;
        this.random = random;
    }

    /** How many an epoch has. */
    abstract int count();

    /** Chooses anew what comes in which order. */
    abstract void startEpoch();

    /** The batch with a number from 0 to {@code count() − 1}. */
    abstract Data get(int number);

    /** {@return the batches of a new epoch, one a call: while one is learned, another thread makes the next} */
    final Supplier<Data> epoch() {
        startEpoch();
        return new Supplier<>() {
            private int number;
            private CompletableFuture<Data> next = CompletableFuture.supplyAsync(() -> Batches.this.get(0));

            @Override
            public Data get() {
                try {
                    Data batch = next.join();
                    int following = ++number;
                    next = following == count() ? null
                            : CompletableFuture.supplyAsync(() -> Batches.this.get(following));
                    return batch;
                } catch (CompletionException e) {
                    if (e.getCause() instanceof Error error) {
                        throw error;
                    }
                    throw e.getCause() instanceof RuntimeException own ? own : e;
                }
            }
        };
    }

    final INDArray varied(int[] chosen) {
        return examples.batch(variation, random, chosen);
    }

    /** {@return the batch of some pairs: its examples, each once, and their places in it} */
    static Batch of(Pairs pairs, int[] chosen, int[] distinct, Distance distance) {
        int[] first = IntStream.of(chosen).map(p -> Arrays.binarySearch(distinct, pairs.first()[p])).toArray();
        int[] second = IntStream.of(chosen).map(p -> Arrays.binarySearch(distinct, pairs.second()[p])).toArray();
        double[] weights = new double[chosen.length];
        Arrays.fill(weights, 1.0 / chosen.length);
        boolean[] similar = new boolean[chosen.length];
        for (int k = 0; k < chosen.length; k++) {
            similar[k] = pairs.similar()[chosen[k]];
        }
        return new Batch(IntStream.of(distinct).map(pairs.examples()::label).toArray(), first, second, similar, weights,
                distance);
    }

    /** {@return the examples of some pairs, ascending, each once} */
    static int[] distinct(Pairs pairs, int[] chosen) {
        return IntStream.of(chosen).flatMap(p -> IntStream.of(pairs.first()[p], pairs.second()[p])).sorted().distinct()
                .toArray();
    }

    /** {@return all pairs of examples with given labels; similar and dissimilar ones have half of the weight each} */
    static Batch allPairs(int[] labels, Distance distance) {
        int n = labels.length;
        int[] first = new int[n * (n - 1) / 2];
        int[] second = new int[first.length];
        boolean[] similar = new boolean[first.length];
        int same = 0;
        int p = 0;
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++, p++) {
                first[p] = i;
                second[p] = j;
                similar[p] = labels[i] == labels[j];
                same += similar[p] ? 1 : 0;
            }
        }
        double[] weights = new double[first.length];
        for (p = 0; p < weights.length; p++) {
            weights[p] = 0.5 / (similar[p] ? same : weights.length - same);
        }
        return new Batch(labels, first, second, similar, weights, distance);
    }

    /** Each pair once an epoch. Pairs are moved about in blocks of neighbours, which may share examples. */
    static final class OfPairs extends Batches {

        private final Pairs pairs;
        private final int batchSize;
        private final int block;
        private final int[] blocks;
        private final int[] order;

        OfPairs(Pairs pairs, Recipe recipe, Distance distance, Random random) {
            super(pairs.examples(), distance, recipe.variation(), random);
            this.pairs = pairs;
            batchSize = recipe.pairsPerBatch();
            block = recipe.pairsTogether();
            blocks = IntStream.range(0, (pairs.size() + block - 1) / block).toArray();
            order = new int[pairs.size()];
        }

        @Override
        int count() {
            return (order.length + batchSize - 1) / batchSize;
        }

        @Override
        void startEpoch() {
            IntArrays.shuffle(blocks, random);
            int next = 0;
            for (int b : blocks) {
                for (int p = b * block; p < Math.min((b + 1) * block, order.length); p++) {
                    order[next++] = p;
                }
            }
        }

        @Override
        Data get(int number) {
            int[] chosen = Arrays.copyOfRange(order, number * batchSize,
                    Math.min((number + 1) * batchSize, order.length));
            int[] distinct = distinct(pairs, chosen);
            return new Data(varied(distinct), of(pairs, chosen, distinct, distance));
        }
    }

    /** All pairs of some examples of some classes, drawn anew for each batch. */
    static final class OfClasses extends Batches {

        private final int perClass;
        private final int drawn;
        private final int[][] byClass;
        private final int[] next;
        private final int[] classes;

        OfClasses(Examples examples, Recipe recipe, Distance distance, Random random) {
            super(examples, distance, recipe.variation(), random);
            byClass = Arrays.stream(examples.indicesByClass()).filter(c -> c.length >= 2).toArray(int[][]::new);
            Validate.isTrue(byClass.length >= 2, "train needs at least two classes with two examples each, but has %s.",
                    byClass.length);
            perClass = recipe.examplesPerClass();
            drawn = Math.min(recipe.classesPerBatch(), byClass.length);
            next = new int[byClass.length];
            classes = IntStream.range(0, byClass.length).toArray();
            for (int[] members : byClass) {
                IntArrays.shuffle(members, random);
            }
        }

        @Override
        int count() {
            return Math.max(1, Math.round((float) examples.size() / (drawn * perClass)));
        }

        @Override
        void startEpoch() { // the examples of a class come in an order of their own, anew when all had their turn
        }

        @Override
        Data get(int number) {
            IntArrays.shuffle(classes, random);
            int[] chosen = IntStream.range(0, drawn)
                    .flatMap(k -> IntStream.range(0, Math.min(perClass, byClass[classes[k]].length))
                    .map(i -> draw(classes[k]))).toArray();
            return new Data(varied(chosen), allPairs(IntStream.of(chosen).map(examples::label).toArray(), distance));
        }

        private int draw(int c) {
            if (next[c] == byClass[c].length) {
                IntArrays.shuffle(byClass[c], random);
                next[c] = 0;
            }
            return byClass[c][next[c]++];
        }
    }
}
