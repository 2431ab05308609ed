package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.data.Variation;
import siamese.model.Loss.Batch;

/** What a training sees, batch by batch. */
class BatchesTest {

    private static final LabeledImages BARS = SomeNetworks.bars(4, 65, 1);
    private static final Pairs PAIRS = Pairs.create(BARS, 1);
    private static final Recipe RECIPE = Recipe.overview().withPairsPerBatch(64);

    /** Three batches an epoch, which note when they are made. */
    private static final class Three extends Batches {

        private final List<Integer> made = Collections.synchronizedList(new ArrayList<>());
        private final CountDownLatch second = new CountDownLatch(1);
        private int epochs;
        private Throwable trouble;

        Three() {
            super(BARS, Distance.EUCLIDEAN, Variation.NONE, new Random(1));
        }

        @Override
        int count() {
            return 3;
        }

        @Override
        void startEpoch() {
            epochs++;
        }

        @Override
        Data get(int number) {
            made.add(number);
            if (number == 1) {
                second.countDown();
                if (trouble instanceof Error error) {
                    throw error;
                }
                if (trouble instanceof RuntimeException exception) {
                    throw exception;
                }
            }
            return new Data(Nd4j.scalar(10 * epochs + number), null);
        }
    }

    private static int next(Supplier<Batches.Data> epoch) {
        return epoch.get().examples().getInt(0);
    }

    @Test
    void theNextBatchIsMadeWhileOneIsLearnedAndNoneTooMany() throws InterruptedException {
        Three batches = new Three();
        Supplier<Batches.Data> epoch = batches.epoch();
        assertEquals(10, next(epoch));
        assertTrue(batches.second.await(10, TimeUnit.SECONDS), "the second is made without being asked for");
        assertEquals(11, next(epoch));
        assertEquals(12, next(epoch));
        assertEquals(List.of(0, 1, 2), batches.made);
        assertEquals(20, next(batches.epoch()));
    }

    @Test
    void whatGoesWrongThereIsSaidHere() {
        for (Throwable trouble : List.of(new IllegalStateException("no"), new OutOfMemoryError("full"))) {
            Three batches = new Three();
            batches.trouble = trouble;
            Supplier<Batches.Data> epoch = batches.epoch();
            epoch.get();
            assertSame(trouble, assertThrows(Throwable.class, epoch::get));
        }
    }

    /** The pairs of a batch, as examples of the set, found again by their pixels. */
    private static List<String> pairs(Batches.Data data) {
        int[] where = new int[(int) data.examples().size(0)];
        for (int k = 0; k < where.length; k++) {
            float[] pixels = data.examples().slice(k).dup('c').data().asFloat();
            where[k] = IntStream.range(0, BARS.size()).filter(i -> Arrays.equals(pixels, BARS.batch(i).data().asFloat()))
                    .findFirst().orElseThrow();
            assertEquals(BARS.label(where[k]), data.batch().labels()[k]);
        }
        assertEquals(where.length, IntStream.of(where).distinct().count(), "each once");
        return IntStream.range(0, data.batch().size()).mapToObj(p -> where[data.batch().first()[p]] + " "
                + where[data.batch().second()[p]] + " " + data.batch().similar()[p]).toList();
    }

    @Test
    void everyPairComesOnceAnEpochInAnotherOrderEachTime() {
        LabeledImages few = BARS.subset(IntStream.range(0, 24).toArray());
        Pairs own = Pairs.create(few, 1);
        List<String> expected = IntStream.range(0, own.size()).mapToObj(p -> own.first()[p] + " " + own.second()[p] + " "
                + own.similar()[p]).sorted().toList();
        for (int together : new int[] {1, 7}) {
            Batches batches = new Batches.OfPairs(own, RECIPE.withPairsPerBatch(16).withPairsTogether(together),
                    Distance.COSINE, new Random(1));
            assertEquals(3, batches.count());
            List<List<String>> epochs = new ArrayList<>();
            for (int epoch = 0; epoch < 2; epoch++) {
                Supplier<Batches.Data> next = batches.epoch();
                List<String> seen = new ArrayList<>();
                for (int b = 0; b < 3; b++) {
                    Batches.Data data = next.get();
                    assertEquals(b < 2 ? 16 : 8, data.batch().size());
                    assertEquals(1, DoubleStream.of(data.batch().weights()).sum(), 1e-12);
                    assertSame(Distance.COSINE, data.batch().distance());
                    seen.addAll(pairs(data));
                }
                epochs.add(seen);
                assertEquals(expected, seen.stream().sorted().toList());
            }
            assertFalse(epochs.get(0).equals(epochs.get(1)));
        }
    }

    @Test
    void blocksShareTheirPictures() {
        Batches blocks = new Batches.OfPairs(PAIRS, RECIPE.withPairsTogether(16), Distance.EUCLIDEAN, new Random(1));
        blocks.startEpoch();
        long seen = 0;
        long pictures = 0;
        double weight = 0;
        for (int b = 0; b < blocks.count(); b++) {
            Batches.Data data = blocks.get(b);
            seen += data.batch().size();
            pictures += data.examples().size(0);
            weight += DoubleStream.of(data.batch().weights()).sum() * data.batch().size();
        }
        assertEquals(PAIRS.size(), seen);
        assertEquals(PAIRS.size(), weight, 1e-3);
        assertTrue(pictures < 1.2 * PAIRS.size(), pictures + " pictures for " + PAIRS.size() + " pairs instead of twice as many");
    }

    @Test
    void neighboursTogetherNeedTheFewestPictures() {
        Batches blocks = new Batches.OfPairs(PAIRS.neighboursTogether(), RECIPE.withPairsTogether(64), Distance.EUCLIDEAN,
                new Random(1));
        blocks.startEpoch();
        for (int b = 0; b < blocks.count(); b++) {
            Batches.Data data = blocks.get(b);
            assertTrue(data.examples().size(0) <= 4 * (data.batch().size() / 8 + 2), data.examples().size(0) + " pictures");
        }
    }

    @Test
    void batchesOfClassesAreBalanced() {
        Batches batches = new Batches.OfClasses(BARS, Recipe.allPairs(1).withClassesPerBatch(3).withExamplesPerClass(5),
                Distance.EUCLIDEAN, new Random(1));
        assertEquals(Math.round(260 / 15.0), batches.count());
        Batches.Data data = batches.get(0);
        assertArrayEquals(new long[] {15, 1, 28, 28}, data.examples().shape());
        Batch batch = data.batch();
        assertEquals(105, batch.size());
        double similar = 0;
        double dissimilar = 0;
        Set<String> seen = new TreeSet<>();
        for (int p = 0; p < 105; p++) {
            int i = batch.first()[p];
            int j = batch.second()[p];
            assertTrue(i < j && seen.add(i + " " + j));
            assertEquals(i / 5 == j / 5, batch.similar()[p]);
            assertEquals(batch.labels()[i] == batch.labels()[j], batch.similar()[p]);
            assertTrue(batch.weights()[p] > 0);
            similar += batch.similar()[p] ? batch.weights()[p] : 0;
            dissimilar += batch.similar()[p] ? 0 : batch.weights()[p];
        }
        assertEquals(0.5, similar, 1e-12);
        assertEquals(0.5, dissimilar, 1e-12);
    }

    /** Before an example of a class comes a second time, all others had their turn; a lonely one never comes. */
    @Test
    void examplesTakeTurnsAndALonelyOneIsLeftOut() {
        int[] chosen = IntStream.concat(IntStream.range(0, 40).filter(i -> i % 4 < 2), IntStream.of(2)).toArray();
        LabeledImages lopsided = BARS.subset(chosen); // ten of two classes, one of a third
        Batches batches = new Batches.OfClasses(lopsided, RECIPE.withExamplesPerClass(5), Distance.EUCLIDEAN,
                new Random(1));
        assertEquals(2, batches.count());
        int[] turns = new int[BARS.size()];
        for (int b = 0; b < 4; b++) {
            for (String pair : pairs(batches.get(b))) {
                turns[Integer.parseInt(pair.split(" ")[0])]++;
                turns[Integer.parseInt(pair.split(" ")[1])]++;
            }
        }
        for (int i = 0; i < 40; i++) {
            assertEquals(i % 4 < 2 ? 2 * 9 : 0, turns[i], "example " + i); // twice, each time with nine others
        }
    }

    @Test
    void picturesAreVariedAsTheRecipeSays() {
        Recipe recipe = Recipe.allPairs(1).withClassesPerBatch(4).withExamplesPerClass(2);
        Batches varied = new Batches.OfClasses(BARS, recipe, Distance.EUCLIDEAN, new Random(1));
        Batches plain = new Batches.OfClasses(BARS, recipe.withVariation(Variation.NONE), Distance.EUCLIDEAN, new Random(1));
        assertArrayEquals(plain.get(0).batch().labels(), varied.get(0).batch().labels());
        pairs(plain.get(1)); // finds every picture as it is
        assertThrows(java.util.NoSuchElementException.class, () -> pairs(varied.get(1)));
    }
}
