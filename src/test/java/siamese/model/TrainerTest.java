package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import siamese.Campaign;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.model.TrainingListener.Progress;
import siamese.data.Variation;

/** Training: what it learns, what it warns of, and what it refuses. */
class TrainerTest {

    private static final LabeledImages BARS = SomeNetworks.bars(4, 65, 1);
    private static final Pairs PAIRS = Pairs.create(BARS, 1);
    private static final LabeledImages FEW = SomeNetworks.bars(4, 6, 1);
    private static final Pairs FEW_PAIRS = Pairs.create(FEW, 1);
    private static final Recipe ONE_STEP = Recipe.overview().withEpochs(1).withClassesPerBatch(4).withExamplesPerClass(6);

    private static SiameseNetwork small() {
        return new SiameseNetwork(BaseNetwork.of(InputType.convolutional(28, 28, 1),
                new DenseLayer.Builder().nOut(8).activation(Activation.TANH).build()),
                Distance.EUCLIDEAN, 1);
    }

    @Tag("slow")
    @Test
    void everyRecipeLearnsToTellBarsApart() {
        Recipe drawn = Recipe.allPairs(4).withClassesPerBatch(4).withExamplesPerClass(8)
                .withVariation(Variation.NONE.withShift(1));
        SiameseNetwork overview = SiameseNetwork.overview(1);
        History contrastive = overview.fit(BARS, PAIRS, drawn);
        assertEquals(4, contrastive.epochs().size());
        assertTrue(contrastive.epochs().get(3).testLoss() < 0.02, contrastive.toString());
        for (TripletLoss.Mining mining : TripletLoss.Mining.values()) {
            SiameseNetwork network = SiameseNetwork.overview(1);
            network.fit(BARS, null, drawn.withLoss(new TripletLoss(0.3, mining)));
            assertApart(network, mining.toString());
        }
        SiameseNetwork directions = SomeNetworks.overview(true, 1);
        History supervised = directions.fit(BARS, PAIRS, drawn.withLoss(new SupervisedContrastiveLoss(0.1)).withWeightDecay(0.1));
        double least = Math.log(7); // where the seven others of a class are all equally near, and nobody else is
        double last = supervised.epochs().get(3).trainLoss();
        assertTrue(last >= least && last < least + 0.1, supervised.toString());
        assertApart(directions, "supervised");
    }

    /** Every dissimilar pair is farther apart than every similar one, but for one in a hundred. */
    private static void assertApart(SiameseNetwork network, String what) {
        double[] distances = network.distances(PAIRS);
        double[] similar = sorted(distances, true);
        double[] dissimilar = sorted(distances, false);
        assertTrue(similar[similar.length * 99 / 100] < dissimilar[dissimilar.length / 100], what);
    }

    private static double[] sorted(double[] distances, boolean similar) {
        return IntStream.range(0, distances.length).filter(p -> PAIRS.similar()[p] == similar)
                .mapToDouble(p -> distances[p]).sorted().toArray();
    }

    @Test
    void weightDecayTakesItsShare() {
        double[] norms = new double[2];
        for (int k = 0; k < 2; k++) {
            SiameseNetwork network = small();
            network.fit(FEW, null, ONE_STEP.withOneCycle(true).withLearningRate(1e-2).withWeightDecay(10 * k));
            norms[k] = network.graph().params().castTo(DataType.DOUBLE).norm2Number().doubleValue();
        }
        double rate = new OneCycle(1e-2, 1).valueAt(0, 0);
        double before = small().graph().params().castTo(DataType.DOUBLE).norm2Number().doubleValue();
        assertEquals(10 * rate * before, norms[0] - norms[1], 0.05 * 10 * rate * before);
    }

    @Test
    void theLearningRateRisesAndFalls() {
        OneCycle rate = new OneCycle(0.1, 1000);
        assertEquals(0.004, rate.valueAt(0, 0), 1e-4);
        assertEquals(0.1, rate.valueAt(300, 0), 1e-4);
        assertEquals(0.05, rate.valueAt(650, 0), 1e-3);
        assertEquals(0, rate.valueAt(999, 0), 1e-4);
    }

    /** Keeps what it is told. */
    private static final class Told implements TrainingListener {

        private final List<String> order = new ArrayList<>();
        private final List<Progress> batches = new ArrayList<>();
        private final List<History.Epoch> epochs = new ArrayList<>();
        private History end;

        @Override
        public void onStart(String source, int epochs, int batches) {
            order.add(source + " " + epochs + " " + batches);
        }

        @Override
        public void onBatch(Progress progress) {
            batches.add(progress);
        }

        @Override
        public void onEpoch(History.Epoch epoch, int planned) {
            epochs.add(epoch);
            order.add("epoch " + epoch.number() + " of " + planned + " after " + batches.size());
        }

        @Override
        public void onEnd(History history) {
            end = history;
            order.add("end");
        }

        @Override
        public void onFailure(History history, Throwable cause) {
            end = history;
            order.add(cause.getClass().getSimpleName());
        }
    }

    /** Running means weighted by pairs, and speeds and the time left that belong to the time so far. */
    @Test
    void whatListenersAreToldAddsUp() {
        List<double[]> learned = new ArrayList<>();
        Loss recorded = (embeddings, batch) -> {
            Loss.Result result = new ContrastiveLoss(1).of(embeddings, batch);
            learned.add(new double[] {batch.size(), result.loss()});
            return result;
        };
        Told told = new Told();
        long began = System.nanoTime();
        History history = small().fit(FEW_PAIRS, null, Recipe.overview().withEpochs(2).withPairsPerBatch(12)
                .withLoss(recorded), told);
        double whole = (System.nanoTime() - began) / 1e9;
        assertEquals(List.of(FEW.source() + " 2 4", "epoch 1 of 2 after 4", "epoch 2 of 2 after 8", "end"), told.order);
        assertEquals(history, told.end);
        assertFalse(history.interrupted());
        double pairs = 0;
        double sum = 0;
        double before = 0;
        for (int k = 0; k < 8; k++) {
            Progress at = told.batches.get(k);
            if (k == 4) {
                pairs = sum = before = 0; // each epoch by itself
            }
            pairs += learned.get(k)[0];
            sum += learned.get(k)[0] * learned.get(k)[1];
            double seconds = pairs / at.pairsPerSecond();
            assertEquals(new Progress(k / 4 + 1, 2, k % 4 + 1, 4, at.loss(), at.pairsPerSecond(), at.secondsLeft(), ""), at);
            assertEquals(sum / pairs, at.loss(), 1e-12);
            assertTrue(seconds > before && seconds < whole, seconds + " of " + whole);
            assertEquals(seconds / (k % 4 + 1) * (7 - k), at.secondsLeft(), 1e-9);
            before = seconds;
            if (k % 4 == 3) {
                History.Epoch epoch = told.epochs.get(k / 4);
                assertEquals(at.loss(), epoch.trainLoss(), 1e-12);
                assertTrue(epoch.seconds() >= seconds && epoch.seconds() < whole, epoch.toString());
                assertEquals(40, epoch.seconds() * epoch.pairsPerSecond(), 1e-9);
            }
        }
    }

    @Test
    void whoStopsTrainingKeepsWhatIsDone() {
        Recipe recipe = Recipe.overview().withEpochs(2).withPairsPerBatch(12);
        for (int batch : new int[] {2, 4, 7, 8}) {
            Told told = new Told();
            SiameseNetwork network = small();
            History history = network.fit(FEW_PAIRS, null, recipe, told, SomeNetworks.each(progress -> {
                if (told.batches.size() == batch) {
                    Thread.currentThread().interrupt();
                }
            }));
            assertTrue(Thread.interrupted(), "the reader's own interruption is kept");
            assertEquals(batch < 8, history.interrupted(), "after " + batch);
            assertEquals(batch == 8 ? 2 : batch / 5, history.epochs().size(), "after " + batch);
            assertEquals(batch, told.batches.size());
            assertEquals("end", told.order.get(told.order.size() - 1));
            assertEquals(history, network.history());
        }
        Told told = new Told();
        Loss none = (embeddings, pairs) -> new Loss.Result(Double.NaN, embeddings.mul(0));
        SiameseNetwork network = small();
        Campaign.refusal(() -> network.fit(FEW_PAIRS, null, recipe.withLoss(none), told), ArithmeticException.class);
        assertEquals(List.of(FEW.source() + " 2 4", "ArithmeticException"), told.order);
        assertTrue(told.end.interrupted() && told.end.epochs().isEmpty());
    }

    /** The loss stands at the margin's square or half of it and every distance is 0: what people report most. */
    @Test
    void aCollapseIsNamedWhileItHappensAndAfterwards() {
        BaseNetwork base = BaseNetwork.of(InputType.convolutional(28, 28, 1),
                new DenseLayer.Builder().nOut(16).activation(Activation.RELU).build(),
                new DenseLayer.Builder().nOut(8).activation(Activation.RELU).build());
        Recipe given = Recipe.overview().withEpochs(3).withPairsPerBatch(64).withLearningRate(0.3);
        Recipe drawn = Recipe.allPairs(3).withExamplesPerClass(6).withLearningRate(0.3).withOneCycle(false)
                .withVariation(Variation.NONE);
        for (int seed = 1; seed <= 3; seed++) {
            assertCollapseIsNamed((network, listener) -> network.fit(PAIRS, null, given, listener), base, seed);
            assertCollapseIsNamed((network, listener) -> network.fit(BARS, null, drawn, listener), base, seed);
        }
    }

    private static void assertCollapseIsNamed(BiFunction<SiameseNetwork, TrainingListener, History> training, BaseNetwork base,
            long seed) {
        List<Progress> seen = new ArrayList<>();
        SiameseNetwork network = new SiameseNetwork(base, Distance.EUCLIDEAN, seed);
        History history = training.apply(network, SomeNetworks.each(seen::add));
        String warning = history.warning();
        assertTrue(warning.matches("The network has collapsed: all distances are the same and the loss stands at 0\\.\\d{4}; "
                + "start anew with a smaller learning rate \\(it is 0\\.3\\), or with another seed\\."), warning);
        assertEquals("", Campaign.faults(warning));
        assertTrue(history.toString().contains(warning));
        assertEquals(history, network.history());
        assertEquals("", seen.get(0).warning());
        assertEquals(warning, seen.get(seen.size() - 1).warning());
        assertTrue(seen.stream().filter(progress -> progress.epoch() == 2).anyMatch(p -> !p.warning().isEmpty()), "while it runs");
        assertEquals(0, Arrays.stream(network.distances(PAIRS)).max().orElseThrow(), 1e-6);
    }

    @Test
    void healthyTrainingIsNotWarnedOf() {
        for (int size : new int[] {1, 2, 3, 64}) {
            Pairs few = size == 64 ? PAIRS : FEW_PAIRS;
            assertNoWarning(SiameseNetwork.overview(1), few, size);
            assertNoWarning(SomeNetworks.overview(true, 1), few, size);
        }
        int[] zeros = new int[12];
        boolean[] all = new boolean[12];
        Arrays.fill(all, true);
        assertNoWarning(small(), new Pairs(FEW, zeros, zeros, all), 3); // one picture with itself, again and again
        int[] others = IntStream.range(0, 12).map(k -> 4 * (k % 2)).toArray(); // one class
        assertNoWarning(small(), new Pairs(FEW, zeros, others, all), 1);
    }

    private static void assertNoWarning(SiameseNetwork network, Pairs pairs, int size) {
        List<String> warnings = new ArrayList<>();
        History history = network.fit(pairs, null, Recipe.overview().withEpochs(2).withPairsPerBatch(size),
                SomeNetworks.each(progress -> warnings.add(progress.warning())));
        assertEquals("", history.warning(), network.distance() + ", " + size + " pairs");
        assertTrue(warnings.stream().allMatch(String::isEmpty), network.distance() + ", " + size + " pairs");
    }

    @Test
    void aLossThatIsNoNumberStopsTraining() {
        SiameseNetwork network = SiameseNetwork.overview(1);
        String said = Campaign.refusal(() -> network.fit(PAIRS, null, Recipe.overview().withPairsPerBatch(32)
                .withLearningRate(1e30)), ArithmeticException.class);
        assertTrue(said.matches("The loss became \\S+ in epoch 1, batch \\d+; try a smaller learning rate\\."), said);
        assertTrue(network.history().interrupted());
        int[] calls = new int[1];
        Loss third = (embeddings, batch) -> new Loss.Result(++calls[0] == 3 ? Double.NaN : 1, embeddings.mul(0));
        assertEquals("The loss became NaN in epoch 1, batch 3; try a smaller learning rate.", Campaign.refusal(() ->
                small().fit(FEW_PAIRS, null, Recipe.overview().withPairsPerBatch(5).withLoss(third)), ArithmeticException.class));
        Loss gradient = (embeddings, batch) -> new Loss.Result(1, embeddings.dup().putScalar(2, 3, Double.NaN));
        assertEquals("The loss became NaN in epoch 1, batch 1; try a smaller learning rate.", Campaign.refusal(() ->
                small().fit(FEW_PAIRS, null, Recipe.overview().withLoss(gradient)), ArithmeticException.class));
    }

    /** Nothing is learned from a batch whose loss is no loss. */
    @Test
    void aLossThatReturnsTheWrongThingIsNamedWithItsStep() {
        int[] calls = new int[1];
        List<Loss> wrong = List.of((embeddings, batch) -> ++calls[0] < 3 ? new Loss.Result(1, embeddings.mul(0)) : null,
                (embeddings, batch) -> new Loss.Result(1, null),
                (embeddings, batch) -> new Loss.Result(1, embeddings.transpose().dup()),
                (embeddings, batch) -> new Loss.Result(1, Nd4j.zeros(3)));
        String[] what = {"returns none in step 3", "returns none in step 1", "returns [8, 24] in step 1", "returns [3] in step 1"};
        for (int k = 0; k < what.length; k++) {
            Loss loss = wrong.get(k);
            SiameseNetwork network = small();
            float[] before = network.state().weights();
            String said = Campaign.refusal(() -> network.fit(FEW, null, ONE_STEP.withLoss(loss).withEpochs(4)),
                    IllegalArgumentException.class);
            assertEquals("The loss must return a gradient of the embeddings' shape [24, 8], but " + what[k]
                    + "; Loss.check tries a loss on its own.", said);
            assertArrayEquals(before, network.state().weights());
            assertTrue(network.history().interrupted());
            calls[0] = 9;
            said = Campaign.refusal(() -> Loss.check(loss, Distance.EUCLIDEAN, 2, 1), IllegalArgumentException.class);
            assertTrue(said.startsWith("The loss must return a gradient of the embeddings' shape [12, 2], but returns"), said);
        }
    }

    @Test
    void batchesMustHavePairsAndTripletsAThird() {
        Pairs none = new Pairs(FEW, new int[0], new int[0], new boolean[0]);
        assertEquals("train has no pairs; Pairs.create makes some.", Campaign.refusal(() -> small().fit(none, null, 1, 1),
                IllegalArgumentException.class));
        Pairs oneClass = new Pairs(FEW, new int[] {0, 4}, new int[] {4, 8}, new boolean[] {true, true});
        Recipe triplets = ONE_STEP.withLoss(new TripletLoss(0.2, TripletLoss.Mining.ALL));
        String said = Campaign.refusal(() -> small().fit(oneClass, null, triplets), IllegalArgumentException.class);
        assertEquals("The batch has no triplet, two examples of one class and a third of another; draw at least two classes and "
                + "two examples of each (Recipe.withClassesPerBatch).", said);
        assertEquals(1, small().fit(FEW_PAIRS, FEW_PAIRS, triplets).epochs().size());
        LabeledImages one = new LabeledImages("one", 28, 28, 2, new byte[3 * 784], new int[3]);
        assertEquals("train needs at least two classes with two examples each, but has 1.",
                Campaign.refusal(() -> small().fit(one, null, Recipe.allPairs(1)), IllegalArgumentException.class));
    }

    /** 257 test pairs are two parts of about the same size, not 256 and a pair that no triplet can be made of. */
    @Test
    void theTestLossIsTheMeanOverAllTestPairs() {
        int[] chosen = IntStream.range(0, 257).toArray();
        boolean[] similar = new boolean[257];
        IntStream.of(chosen).forEach(p -> similar[p] = PAIRS.similar()[p]);
        Pairs test = new Pairs(BARS, Arrays.copyOf(PAIRS.first(), 257), Arrays.copyOf(PAIRS.second(), 257), similar);
        SiameseNetwork network = small();
        double loss = network.fit(FEW, test, ONE_STEP).epochs().get(0).testLoss();
        assertEquals(new ContrastiveLoss(1).mean(network.distances(test), similar), loss, 1e-6);
        Recipe triplets = ONE_STEP.withLoss(new TripletLoss(0.2, TripletLoss.Mining.HARD));
        assertTrue(Double.isFinite(network.fit(FEW, test, triplets).epochs().get(0).testLoss()));
        assertTrue(Double.isNaN(network.fit(FEW, null, triplets).epochs().get(0).testLoss()), "none");
    }

    @Test
    void recipesNameTheirValues() {
        Recipe recipe = Recipe.supervisedContrastive(3).withOneCycle(false).withPairsPerBatch(7).withPairsTogether(5);
        assertEquals(new Recipe(new SupervisedContrastiveLoss(0.05), 3, 4e-3, false, 0.1, 7, 5, 10, 12, new Variation(2, 0.5, 0.4)),
                recipe);
        assertEquals(new ContrastiveLoss(1), Recipe.overview().loss());
        assertEquals(new ContrastiveLoss(1, true), Recipe.allPairs(1).loss());
        assertTrue(Recipe.allPairs(1).oneCycle() && !Recipe.overview().oneCycle());
        assertRefused("epochs must be at least 1, but is 0.", () -> Recipe.allPairs(0));
        assertRefused("epochs must be at least 1, but is 0.", () -> SiameseNetwork.overview(1).fit(FEW_PAIRS, null, 0, 1));
        assertRefused("pairsPerBatch must be at least 1, but is 0.", () -> SiameseNetwork.overview(1).fit(FEW_PAIRS, null, 1, 0));
        assertRefused("pairsTogether must be at least 1, but is 0.", () -> recipe.withPairsTogether(0));
        assertRefused("classesPerBatch must be at least 2, but is 1.", () -> recipe.withClassesPerBatch(1));
        assertRefused("examplesPerClass must be at least 2, but is 1.", () -> recipe.withExamplesPerClass(1));
        for (double wrong : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertRefused("learningRate must be greater than 0, but is " + wrong + "; try 0.001.",
                    () -> recipe.withLearningRate(wrong));
        }
        for (double wrong : new double[] {-0.1, 11, Double.NaN}) {
            assertRefused("weightDecay must be 0 to 10, but is " + wrong + "; try 0.1.", () -> recipe.withWeightDecay(wrong));
        }
        assertThrows(NullPointerException.class, () -> recipe.withLoss(null));
        assertThrows(NullPointerException.class, () -> recipe.withVariation(null));
        assertFalse(recipe.equals(recipe.withEpochs(4)));
    }

    private static void assertRefused(String sentence, java.util.concurrent.Callable<?> attempt) {
        assertEquals(sentence, Campaign.refusal(attempt, IllegalArgumentException.class));
    }

    @Test
    void examplesThatAreNoPicturesCannotBeVaried() {
        SiameseNetwork vectors = new SiameseNetwork(SomeNetworks.all().get("vectors"), Distance.EUCLIDEAN, 1);
        String said = Campaign.refusal(() -> vectors.fit(SomeNetworks.examples(vectors.base(), 12, 3), null, Recipe.allPairs(1)),
                IllegalArgumentException.class);
        assertTrue(said.startsWith("how must be Variation.NONE for noise, whose examples are no pictures"), said);
    }
}
