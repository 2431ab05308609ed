package siamese.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.data.Variation;

/** Which pairs a training sees, batch by batch; made from an injected generator. */
abstract class Batches {

    /**
     * What one batch is made of.
     *
     * @param pictures shape [n, 1, 28, 28]
     * @param weights what {@link PairMatrixLoss} reads: n rows of 2n numbers
     * @param pairs how many there are
     */
    record Batch(INDArray pictures, double[] weights, long pairs) {
    }

    /** How many an epoch has. */
    abstract int count();

    /** Chooses anew what comes in which order. */
    abstract void startEpoch();

    /** The batch with a number from 0 to {@code count() − 1}. */
    abstract Batch get(int number);

    /** {@return the batches of a new epoch, one a call: while one is learned, another thread makes the next} */
    final Supplier<Batch> epoch() {
        startEpoch();
        return new Supplier<>() {
            private int number;
            private CompletableFuture<Batch> next = CompletableFuture.supplyAsync(() -> Batches.this.get(0));

            @Override
            public Batch get() {
                try {
                    Batch batch = next.join();
                    int following = ++number;
                    next = following == count() ? null : CompletableFuture.supplyAsync(() -> Batches.this.get(following));
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

    /** Each pair once an epoch; both pictures of a pair are given, first all the first ones and then all the second ones. */
    static final class OfPairs extends Batches {

        private final Pairs pairs;
        private final int batchSize;
        private final Random random;
        private final int[] order;

        OfPairs(Pairs pairs, int batchSize, Random random) {
            this.pairs = pairs;
            this.batchSize = batchSize;
            this.random = random;
            order = new int[pairs.size()];
            Arrays.setAll(order, p -> p);
        }

        @Override
        int count() {
            return (order.length + batchSize - 1) / batchSize;
        }

        @Override
        void startEpoch() {
            shuffle(order, random);
        }

        @Override
        Batch get(int number) {
            int[] batch = Arrays.copyOfRange(order, number * batchSize, Math.min((number + 1) * batchSize, order.length));
            int[] images = new int[2 * batch.length];
            double[] weights = new double[8 * batch.length * batch.length];
            for (int k = 0; k < batch.length; k++) {
                images[k] = pairs.first()[batch[k]];
                images[batch.length + k] = pairs.second()[batch[k]];
                weights[4 * batch.length * k + batch.length + k + (pairs.similar()[batch[k]] ? 0 : 2 * batch.length)] = 1.0 / batch.length;
            }
            return new Batch(pairs.images().pixels(images), weights, batch.length);
        }
    }

    /**
     * Each pair once an epoch; each picture of a batch is given once. Pairs are moved about in blocks of neighbours, which
     * share pictures.
     */
    static final class OfBlocks extends Batches {

        private final Pairs pairs;
        private final int batchSize;
        private final int block;
        private final Random random;
        private final int[] blocks;
        private final int[] order;

        OfBlocks(Pairs pairs, int batchSize, int block, Random random) {
            this.pairs = pairs;
            this.batchSize = batchSize;
            this.block = block;
            this.random = random;
            blocks = new int[(pairs.size() + block - 1) / block];
            Arrays.setAll(blocks, b -> b);
            order = new int[pairs.size()];
        }

        @Override
        int count() {
            return (order.length + batchSize - 1) / batchSize;
        }

        @Override
        void startEpoch() {
            shuffle(blocks, random);
            int next = 0;
            for (int b : blocks) {
                for (int p = b * block; p < Math.min((b + 1) * block, order.length); p++) {
                    order[next++] = p;
                }
            }
        }

        @Override
        Batch get(int number) {
            int[] batch = Arrays.copyOfRange(order, number * batchSize, Math.min((number + 1) * batchSize, order.length));
            int[] images = new Pairs(pairs.images(), select(pairs.first(), batch), select(pairs.second(), batch), new boolean[batch.length])
                    .distinctImages();
            int n = images.length;
            double[] weights = new double[2 * n * n];
            for (int p : batch) {
                int i = Arrays.binarySearch(images, pairs.first()[p]);
                int j = Arrays.binarySearch(images, pairs.second()[p]);
                weights[2 * n * i + j + (pairs.similar()[p] ? 0 : n)] += 1.0 / batch.length;
            }
            return new Batch(pairs.images().pixels(images), weights, batch.length);
        }
    }

    /** All pairs of some images of some classes, drawn anew for each batch, as a {@link Recipe} says. */
    static final class OfClasses extends Batches {

        private final LabeledImages images;
        private final Recipe recipe;
        private final Random random;
        private final int[][] byClass;
        private final int[] next;
        private final int[] classes;

        OfClasses(LabeledImages images, Recipe recipe, Random random) {
            this.images = images;
            this.recipe = recipe;
            this.random = random;
            byClass = Arrays.stream(images.indicesByClass()).filter(c -> c.length >= 2).toArray(int[][]::new);
            if (byClass.length < 2) {
                throw new IllegalArgumentException("train needs at least two classes with two images each, but has " + byClass.length + ".");
            }
            next = new int[byClass.length];
            classes = new int[byClass.length];
            Arrays.setAll(classes, c -> c);
            for (int[] members : byClass) {
                shuffle(members, random);
            }
        }

        private int drawnClasses() {
            return Math.min(recipe.classesPerBatch(), byClass.length);
        }

        @Override
        int count() {
            return Math.max(1, Math.round((float) images.size() / (drawnClasses() * recipe.imagesPerClass())));
        }

        @Override
        void startEpoch() { // the images of a class come in an order of their own, anew when all had their turn
        }

        @Override
        Batch get(int number) {
            List<Integer> chosen = new ArrayList<>();
            List<Integer> labels = new ArrayList<>();
            shuffle(classes, random);
            for (int k = 0; k < drawnClasses(); k++) {
                int c = classes[k];
                for (int i = 0; i < Math.min(recipe.imagesPerClass(), byClass[c].length); i++) {
                    if (next[c] == byClass[c].length) {
                        shuffle(byClass[c], random);
                        next[c] = 0;
                    }
                    chosen.add(byClass[c][next[c]++]);
                    labels.add(c);
                }
            }
            return new Batch(pictures(chosen.stream().mapToInt(i -> i).toArray()), weights(labels), (long) labels.size() * (labels.size() - 1) / 2);
        }

        /** Similar and dissimilar pairs i &lt; j with half of the weight each. */
        private static double[] weights(List<Integer> labels) {
            int n = labels.size();
            int similar = 0;
            for (int i = 0; i < n; i++) {
                for (int j = i + 1; j < n; j++) {
                    similar += labels.get(i).equals(labels.get(j)) ? 1 : 0;
                }
            }
            int dissimilar = n * (n - 1) / 2 - similar;
            double[] weights = new double[2 * n * n];
            for (int i = 0; i < n; i++) {
                for (int j = i + 1; j < n; j++) {
                    boolean same = labels.get(i).equals(labels.get(j));
                    weights[2 * n * i + j + (same ? 0 : n)] = 0.5 / (same ? similar : dissimilar);
                }
            }
            return weights;
        }

        private INDArray pictures(int[] chosen) {
            return images.batch(recipe instanceof SupervisedContrastive own ? new Variation(own.shift(), own.bend(), own.ink())
                    : new Variation(((AllPairs) recipe).shift(), 0, 0), random, chosen);
        }
    }

    /** {@return pictures of shape [n, 1, rows, columns], all moved by whole pixels, also upwards and to the left; what comes in is paper} */
    static INDArray moved(INDArray pictures, int down, int right) {
        long rows = pictures.size(2);
        long columns = pictures.size(3);
        INDArray moved = Nd4j.zeros(pictures.shape());
        moved.get(NDArrayIndex.all(), NDArrayIndex.all(),
                NDArrayIndex.interval(Math.max(0, down), rows + Math.min(0, down)),
                NDArrayIndex.interval(Math.max(0, right), columns + Math.min(0, right)))
                .assign(pictures.get(NDArrayIndex.all(), NDArrayIndex.all(),
                        NDArrayIndex.interval(Math.max(0, -down), rows + Math.min(0, -down)),
                        NDArrayIndex.interval(Math.max(0, -right), columns + Math.min(0, -right))));
        return moved;
    }

    private static int[] select(int[] values, int[] indices) {
        return Arrays.stream(indices).map(i -> values[i]).toArray();
    }

    private static void shuffle(int[] order, Random random) {
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
    }
}
