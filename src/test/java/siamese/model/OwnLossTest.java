package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import siamese.Campaign;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.model.Loss.Batch;

/** Losses and distances that the library does not have, as a reader would write them, with and without parameters. */
class OwnLossTest {

    private static final BaseNetwork BASE = SomeNetworks.all().get("padding, strides, average");
    private static final SomeNetworks.Noise EXAMPLES = SomeNetworks.examples(BASE, 24, 4);
    private static final Recipe RECIPE = Recipe.overview().withEpochs(30).withLearningRate(1e-2)
            .withClassesPerBatch(4).withExamplesPerClass(6);

    /** Few numbers and few parameters that learn nothing: what only the way of the gradients concerns. */
    private static Loss withParameters(INDArray parameters, INDArray ofParameters) {
        return new Loss() {
            @Override
            public INDArray parameters() {
                return parameters;
            }

            @Override
            public Result of(INDArray embeddings, Batch batch) {
                Result result = new ContrastiveLoss(1).of(embeddings, batch);
                return new Result(result.loss(), result.gradient(), ofParameters);
            }
        };
    }

    private static double[] fit(SiameseNetwork network, Loss loss) {
        History history = network.fit(EXAMPLES, null, RECIPE.withLoss(loss));
        assertEquals("", history.warning());
        return history.epochs().stream().mapToDouble(History.Epoch::trainLoss).toArray();
    }

    @Test
    void arcFaceLearnsDirectionsOfTheClasses(@TempDir Path folder) throws IOException {
        ArcFaceLoss loss = new ArcFaceLoss(4, 4, 8, 0.3, 2);
        assertTrue(Loss.check(loss, Distance.COSINE, 4, 3).agrees(), Loss.check(loss, Distance.COSINE, 4, 3)::toString);
        INDArray before = loss.parameters().dup();
        SiameseNetwork network = new SiameseNetwork(BASE, Distance.COSINE, 3);
        double[] losses = fit(network, loss);
        assertTrue(losses[29] < 0.3 * losses[0], Arrays.toString(losses));
        assertNotEquals(before, loss.parameters());
        INDArray directions = loss.parameters().div(Cosine.lengths(loss.parameters()));
        double[][] e = network.embed(EXAMPLES, EXAMPLES.indicesByClass()[2]);
        for (double[] one : e) {
            assertEquals(2, directions.mmul(Nd4j.createFromArray(one).reshape(4, 1)).argMax().getInt(0));
        }
        Path file = folder.resolve("arcface.zip");
        network.save(file);
        ArcFaceLoss again = new ArcFaceLoss(4, 4, 8, 0.3, 99);
        SiameseNetwork loaded = SiameseNetwork.load(file, null, again);
        assertArrayEquals(loss.parameters().data().asDouble(), again.parameters().data().asDouble());
        network.fit(EXAMPLES, null, RECIPE.withEpochs(2).withLoss(loss));
        loaded.fit(EXAMPLES, null, RECIPE.withEpochs(2).withLoss(again));
        assertArrayEquals(network.state().weights(), loaded.state().weights());
        assertArrayEquals(loss.parameters().data().asDouble(), again.parameters().data().asDouble());
        String said = Campaign.refusal(() -> SiameseNetwork.load(file, null, new ArcFaceLoss(5, 4, 8, 0.3, 1)), IOException.class);
        assertTrue(said.endsWith("its distance or its loss has another number of parameters; give those of the training."), said);
        assertEquals(Distance.COSINE, SiameseNetwork.load(file).distance(), "embeddings need no loss");
    }

    @Test
    void aLearnedDistanceIsTrainedSavedAndLoaded(@TempDir Path folder) throws IOException {
        WeightedL1 own = new WeightedL1(4, 1, 1);
        own.parameters().assign(Nd4j.createFromArray(1.2, 0.7, 0.9, 1.1, 1.5));
        assertTrue(Loss.check(own, own, 4, 3).agrees(), Loss.check(own, own, 4, 3)::toString);
        SiameseNetwork network = new SiameseNetwork(BASE, own, 3);
        double[] losses = fit(network, own);
        assertTrue(losses[29] < 0.5 * losses[0], Arrays.toString(losses));
        assertNotEquals(1.5, own.parameters().getDouble(4), 1e-3);
        Pairs pairs = Pairs.create(EXAMPLES, 1);
        double[] distances = network.distances(pairs);
        assertEquals(distances.length, Arrays.stream(distances).filter(d -> d > 0).count());
        Path file = folder.resolve("koch.zip");
        network.save(file);
        WeightedL1 again = new WeightedL1(4, 1, 1);
        SiameseNetwork loaded = SiameseNetwork.load(file, again, again);
        assertSame(again, loaded.distance());
        assertArrayEquals(distances, loaded.distances(pairs));
        network.fit(pairs, null, RECIPE.withEpochs(1).withLoss(own));
        loaded.fit(pairs, null, RECIPE.withEpochs(1).withLoss(again));
        assertArrayEquals(network.distances(pairs), loaded.distances(pairs));
        String said = Campaign.refusal(() -> SiameseNetwork.load(file), IOException.class);
        assertTrue(said.contains("its distance is WeightedL1; give that to load"), said);
        assertFalse(said.contains("damaged"), said);
        said = Campaign.refusal(() -> SiameseNetwork.load(file, new WeightedL1(5, 1, 1), null), IOException.class);
        assertTrue(said.contains("has another number of parameters"), said);
        IllegalStateException none = org.junit.jupiter.api.Assertions.assertThrows(IllegalStateException.class, network::graph);
        assertTrue(none.getMessage().contains("network.distances(pairs) computes it"), none.getMessage());
    }

    @Test
    void aLossMustSayHowItsParametersChange() {
        INDArray three = Nd4j.zeros(DataType.DOUBLE, 3);
        for (INDArray wrong : new INDArray[] {null, Nd4j.zeros(DataType.DOUBLE, 2)}) {
            SiameseNetwork network = new SiameseNetwork(BASE, Distance.EUCLIDEAN, 1);
            float[] before = network.state().weights();
            Loss loss = withParameters(three, wrong);
            String said = Campaign.refusal(() -> network.fit(EXAMPLES, null, RECIPE.withLoss(loss)),
                    IllegalArgumentException.class);
            assertTrue(said.contains("3 parameters, but returns " + (wrong == null ? 0 : 2)) && said.contains("step 1"), said);
            assertArrayEquals(before, network.state().weights(), "nothing was learned");
            said = Campaign.refusal(() -> Loss.check(loss, Distance.EUCLIDEAN, 2, 1), IllegalArgumentException.class);
            assertTrue(said.contains("3 parameters"), said);
        }
        String said = Campaign.refusal(() -> new SiameseNetwork(BASE, new WeightedL1(4, 1, 1), 1)
                .fit(EXAMPLES, null, RECIPE), IllegalArgumentException.class);
        assertTrue(said.contains("its distance's 5 parameters, but returns 0"), said);
    }

    @Test
    void aWrongGradientOfAParameterIsFound() {
        INDArray parameters = Nd4j.createFromArray(0.5, -1, 2); // the loss does not depend on them
        Loss.Check check = Loss.check(withParameters(parameters, Nd4j.createFromArray(0, 0, 0.25)), Distance.EUCLIDEAN, 2, 1);
        assertFalse(check.agrees());
        assertEquals("parameter 2", check.where());
        assertEquals(0.25, check.claimed());
        assertEquals(Nd4j.createFromArray(0.5, -1, 2), parameters, "as they were");
        INDArray turned = Nd4j.zeros(DataType.DOUBLE, 2, 3).transpose(); // another order in memory
        Loss.Check ordered = Loss.check(new Loss() {
            @Override
            public INDArray parameters() {
                return turned;
            }

            @Override
            public Result of(INDArray embeddings, Batch batch) {
                INDArray factors = Nd4j.createFromArray(1.0, 2, 3, 4, 5, 6);
                Result result = new ContrastiveLoss(1).of(embeddings, batch);
                double more = turned.mul(factors.reshape(3, 2)).sumNumber().doubleValue();
                return new Result(result.loss() + more, result.gradient(), factors);
            }
        }, Distance.EUCLIDEAN, 2, 1);
        assertTrue(ordered.agrees(), ordered::toString);
    }

    /** Two sets of parameters are two although they begin with the same numbers, and in whatever type they are. */
    @Test
    void parametersOfTheLossAndOfTheDistanceLearnApart() {
        for (INDArray ofLoss : new INDArray[] {Nd4j.zeros(DataType.FLOAT, 5), Nd4j.zeros(DataType.DOUBLE, 5),
                Nd4j.zeros(DataType.DOUBLE, 1, 5).transpose()}) {
            WeightedL1 distance = new WeightedL1(4, 1, 1);
            distance.parameters().assign(0);
            Loss loss = withParameters(ofLoss, Nd4j.createFromArray(1.0, 1, 1, 1, 1, -1, -1, -1, -1, -1));
            new SiameseNetwork(BASE, distance, 1).fit(EXAMPLES, null, RECIPE.withEpochs(1).withLoss(loss));
            assertArrayEquals(new double[] {-1e-2, -1e-2, -1e-2, -1e-2, -1e-2}, ofLoss.reshape(5).toDoubleVector(), 1e-6);
            assertArrayEquals(new double[] {1e-2, 1e-2, 1e-2, 1e-2, 1e-2}, distance.parameters().toDoubleVector(), 1e-6);
        }
    }

    /** In a cell of at most fifteen lines; the same formula gives the same weights to the bit. */
    @Test
    void aLossOfFewLinesTrainsAsTheBuiltInOne() {
        Loss mine = (embeddings, batch) -> {
            double[] d = batch.distances(embeddings);
            double[] slopes = new double[d.length];
            double loss = 0;
            for (int p = 0; p < d.length; p++) {
                double w = batch.weights()[p];
                double missing = Math.max(0, 1 - d[p]);
                loss += w * (batch.similar()[p] ? d[p] * d[p] : missing * missing);
                slopes[p] = 2 * w * (batch.similar()[p] ? d[p] : -missing);
            }
            return batch.result(embeddings, loss, slopes);
        };
        LabeledImages bars = SomeNetworks.bars(4, 10, 1);
        Pairs pairs = Pairs.create(bars, 1);
        SiameseNetwork[] networks = {SiameseNetwork.overview(2), SiameseNetwork.overview(2)};
        History[] histories = new History[2];
        for (int k = 0; k < 2; k++) {
            Recipe recipe = Recipe.overview().withEpochs(2).withPairsPerBatch(30);
            histories[k] = networks[k].fit(pairs, pairs, k == 0 ? recipe : recipe.withLoss(mine));
        }
        assertArrayEquals(networks[0].state().weights(), networks[1].state().weights());
        assertEquals(histories[0].epochs().get(1).testLoss(), histories[1].epochs().get(1).testLoss());
        assertEquals(histories[0].epochs().get(1).trainLoss(), histories[1].epochs().get(1).trainLoss());
        assertTrue(Loss.check(mine, Distance.EUCLIDEAN, 8, 1).agrees());
        assertTrue(Loss.check(mine, Distance.COSINE, 8, 1).agrees());
    }
}
