package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import siamese.Campaign;
import siamese.data.LabeledImages;
import siamese.data.Variation;
import siamese.model.Loss.Batch;

/** The folder of networks that were trained before. */
class TrainedNetworksTest {

    private static final LabeledImages BARS = SomeNetworks.bars(3, 20, 1);
    private static final Recipe RECIPE = Recipe.allPairs(1).withClassesPerBatch(3).withExamplesPerClass(4)
            .withVariation(Variation.NONE);

    @TempDir
    private Path models;
    private int trainings;

    private final TrainingListener counter = new TrainingListener() {
        @Override
        public void onStart(String source, int epochs, int batches) {
            trainings++;
        }
    };

    private static BaseNetwork base(int units) {
        return BaseNetwork.of(InputType.convolutional(28, 28, 1), new DenseLayer.Builder().nOut(units).build());
    }

    private static SiameseNetwork network(long seed) {
        return new SiameseNetwork(base(8), Distance.EUCLIDEAN, seed);
    }

    private SiameseNetwork get(SiameseNetwork like, LabeledImages images, Recipe recipe) {
        return TrainedNetworks.get(models, like, images, recipe, counter);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> list = Files.list(models)) {
            return list.toList();
        }
    }

    @Test
    void aTrainedNetworkIsTrainedOnce() throws IOException {
        SiameseNetwork first = get(network(1), BARS, RECIPE);
        SiameseNetwork second = get(network(1), BARS, RECIPE);
        assertArrayEquals(first.embed(BARS, 5)[0], second.embed(BARS, 5)[0]);
        assertEquals(first.history(), second.history());
        assertEquals(1, trainings);
        Files.writeString(files().get(0), "damaged");
        get(network(1), BARS, RECIPE);
        assertEquals(2, trainings, "a damaged file is replaced");
        get(network(1), BARS, RECIPE);
        assertEquals(2, trainings);
        assertEquals(1, files().size());
    }

    @Test
    void whateverMattersMakesItAnotherNetwork() throws IOException {
        get(network(1), BARS, RECIPE);
        get(network(2), BARS, RECIPE);
        get(network(1), SomeNetworks.bars(3, 20, 2), RECIPE);
        get(new SiameseNetwork(base(9), Distance.EUCLIDEAN, 1), BARS, RECIPE);
        get(new SiameseNetwork(base(8), Distance.COSINE, 1), BARS, RECIPE);
        List<Recipe> others = List.of(RECIPE.withEpochs(2), RECIPE.withLearningRate(1e-3), RECIPE.withOneCycle(false),
                RECIPE.withWeightDecay(1), RECIPE.withClassesPerBatch(2), RECIPE.withExamplesPerClass(5),
                RECIPE.withVariation(new Variation(1, 0, 0)), RECIPE.withLoss(new ContrastiveLoss(1)),
                RECIPE.withLoss(new ContrastiveLoss(2, true)), RECIPE.withLoss(new SupervisedContrastiveLoss(0.1)),
                RECIPE.withLoss(new TripletLoss(0.2, TripletLoss.Mining.HARD)),
                RECIPE.withLoss(new TripletLoss(0.2, TripletLoss.Mining.ALL)));
        others.forEach(recipe -> get(network(1), BARS, recipe));
        assertEquals(5 + others.size(), trainings);
        assertEquals(trainings, files().size());
        others.forEach(recipe -> get(network(1), BARS, recipe));
        assertEquals(5 + others.size(), trainings, "each is read back");
    }

    @Test
    void viewsAreOfTheReaderNotOfTheFile() throws IOException {
        SiameseNetwork one = get(network(1), BARS, RECIPE);
        SiameseNetwork five = get(network(1).withViews(5), BARS, RECIPE);
        assertEquals(5, five.views());
        assertEquals(1, trainings);
        assertArrayEquals(one.withViews(5).embed(BARS, 3)[0], five.embed(BARS, 3)[0]);
        assertEquals(1, get(network(1), BARS, RECIPE).views());
    }

    @Test
    void aStoppedTrainingIsNotKept() throws IOException {
        SiameseNetwork stopped = TrainedNetworks.get(models, network(1), BARS, RECIPE.withEpochs(3),
                SomeNetworks.each(progress -> Thread.currentThread().interrupt()));
        assertTrue(Thread.interrupted());
        assertTrue(stopped.history().interrupted());
        assertTrue(!Files.exists(models) || files().isEmpty());
    }

    /** Made a record, a loss of one's own has a name that lasts. */
    record Halved(double margin) implements Loss {
        @Override
        public Result of(org.nd4j.linalg.api.ndarray.INDArray embeddings, Batch batch) {
            Result whole = new ContrastiveLoss(margin).of(embeddings, batch);
            return new Result(whole.loss() / 2, whole.gradient().div(2));
        }
    }

    @Test
    void aLossOrDistanceWithoutALastingNameIsRefused() throws IOException {
        String sentence = "A trained network is kept under the names of its loss and distance, but one of these has no name that "
                + "lasts; make it a record, or use fit.";
        Loss lambda = (embeddings, batch) -> new ContrastiveLoss(1).of(embeddings, batch);
        Loss anonymous = new Loss() {
            @Override
            public Result of(org.nd4j.linalg.api.ndarray.INDArray embeddings, Batch batch) {
                return lambda.of(embeddings, batch);
            }
        };
        for (Loss loss : List.of(lambda, anonymous)) {
            assertEquals(sentence, Campaign.refusal(() -> get(network(1), BARS, RECIPE.withLoss(loss)),
                    IllegalArgumentException.class));
        }
        SiameseNetwork nameless = new SiameseNetwork(base(4), new Distance() {
            @Override
            public double of(double[] a, double[] b) {
                return EUCLIDEAN.of(a, b);
            }

            @Override
            public double[] slope(double[] a, double[] b) {
                return EUCLIDEAN.slope(a, b);
            }
        }, 1);
        assertEquals(sentence, Campaign.refusal(() -> get(nameless, BARS, RECIPE), IllegalArgumentException.class));
        assertEquals(sentence, Campaign.refusal(() -> network(1).trained(BARS, RECIPE.withLoss(lambda)),
                IllegalArgumentException.class));
        assertEquals(0, trainings);
        get(network(1), BARS, RECIPE.withLoss(new Halved(1)));
        get(network(1), BARS, RECIPE.withLoss(new Halved(1)));
        assertEquals(1, trainings);
        get(network(1), BARS, RECIPE.withLoss(new Halved(2)));
        assertEquals(2, trainings);
    }

    @Test
    void aFolderThatCannotBeWrittenIsNamed() throws IOException {
        Path file = Files.writeString(models.resolve("file"), "no folder");
        UncheckedIOException e = assertThrows(UncheckedIOException.class,
                () -> TrainedNetworks.get(file, network(1), BARS, RECIPE));
        assertTrue(e.getMessage().startsWith("The trained network cannot be kept in " + file), e.getMessage());
        assertEquals("", Campaign.faults(e.getMessage()));
    }
}
