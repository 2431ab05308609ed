package siamese.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.util.List;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.junit.jupiter.api.Test;
import org.deeplearning4j.nn.conf.constraint.NonNegativeConstraint;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions;
import siamese.Campaign;
import siamese.data.Examples;
import siamese.data.LabeledImages;
import siamese.data.Pairs;

/** Layers and examples that do not fit: one sentence each. */
class BaseNetworkTest {

    private static final InputType PICTURES = InputType.convolutional(28, 28, 1);
    private static final InputType SEQUENCES = InputType.recurrent(3, 20);
    private static final DenseLayer DENSE = new DenseLayer.Builder().nOut(5).build();

    private static String refused(InputType input, Layer... layers) {
        return Campaign.refusal(() -> new SiameseNetwork(BaseNetwork.of(input, layers), Distance.EUCLIDEAN, 1),
                IllegalArgumentException.class);
    }

    private static Layer convolution(int rows, int columns) {
        return new ConvolutionLayer.Builder(rows, columns).nOut(4).build();
    }

    @Test
    void whatIsLeftOfAPictureIsTheEmbedding() {
        BaseNetwork base = BaseNetwork.of(PICTURES, convolution(3, 3), new SubsamplingLayer.Builder(2, 2).stride(2, 2).build());
        assertEquals(4 * 13 * 13, new SiameseNetwork(base, Distance.EUCLIDEAN, 1)
                .embed(SomeNetworks.examples(base, 2, 2), 0)[0].length);
    }

    @Test
    void anOutputThatIsNoVectorIsRefused() {
        String end = " numbers, but an embedding is one vector; end with a dense layer, behind LastTimeStep or global pooling "
                + "where there is a sequence.";
        assertEquals("The base network turns an example into 6 × 20" + end, refused(SEQUENCES, new LSTM.Builder().nOut(6).build()));
        assertEquals("The base network turns an example into 6 × 16" + end,
                refused(SEQUENCES, new Convolution1DLayer.Builder(5).nOut(6).build()));
        assertTrue(refused(SEQUENCES, new LSTM.Builder().nOut(6).build(), DENSE).endsWith(end), "one vector a step");
        assertTrue(refused(SEQUENCES, DENSE).endsWith(end));
    }

    @Test
    void layersThatDoNotFitAreRefused() {
        String start = "The layers do not fit the input of shape ";
        assertTrue(refused(PICTURES, convolution(29, 3), DENSE).startsWith(start + "1 × 28 × 28 or each other (Deeplearning4j says: "));
        assertTrue(refused(InputType.feedForward(7), convolution(3, 3), DENSE).startsWith(start + "7 or each other (Deeplearning4j says: "));
        assertTrue(refused(PICTURES, new DenseLayer.Builder().build()).startsWith(start), "no nOut");
        assertTrue(Campaign.refusal(() -> new SiameseNetwork(BaseNetwork.overview(5, 28, 1), Distance.EUCLIDEAN, 1),
                IllegalArgumentException.class).startsWith(start + "1 × 5 × 28"));
        assertEquals(5, new SiameseNetwork(BaseNetwork.of(PICTURES, convolution(28, 28), DENSE), Distance.EUCLIDEAN, 1)
                .embed(SomeNetworks.bars(2, 2, 1), 0)[0].length, "just fits");
        assertNotNull(new SiameseNetwork(BaseNetwork.overview(10, 10, 1), Distance.EUCLIDEAN, 1));
    }

    @Test
    void whatOnlyDeeplearning4jsTrainingReadsIsRefused() {
        for (Layer layer : List.of(new DenseLayer.Builder().name("fc").nOut(5).l2(1e-4).build(),
                new DenseLayer.Builder().name("fc").nOut(5).l1(1e-4).build(),
                new DenseLayer.Builder().name("fc").nOut(5).l2Bias(1e-4).build(),
                new DenseLayer.Builder().name("fc").nOut(5).weightDecay(1e-4).build(),
                new DenseLayer.Builder().name("fc").nOut(5).updater(new Sgd(0.1)).build(),
                new DenseLayer.Builder().name("fc").nOut(5).constrainAllParameters(new NonNegativeConstraint()).build())) {
            assertEquals("Layer fc has a regularization, a constraint or an updater of its own, which training here "
                    + "does not read; use Recipe.withWeightDecay and withLearningRate.", refused(PICTURES, layer));
        }
        LSTM regular = new LSTM.Builder().nOut(5).l2(1e-4).build();
        assertTrue(refused(SEQUENCES, new LastTimeStep(regular)).contains("has a regularization, a constraint or an updater of its own"));
        assertTrue(refused(SEQUENCES, new LastTimeStep(new Bidirectional(regular))).contains("has a regularization, a constraint or an updater of its own"));
        for (Layer loss : List.of(new OutputLayer.Builder(LossFunctions.LossFunction.MCXENT).nOut(10).build(),
                new LossLayer.Builder(LossFunctions.LossFunction.MSE).activation(Activation.IDENTITY).build())) {
            assertTrue(refused(PICTURES, DENSE, loss).contains("a loss of its own"), loss.toString());
        }
    }

    @Test
    void otherBadLayersAreNamed() {
        assertEquals("layers is empty; give at least one, such as a dense layer.", refused(PICTURES));
        assertEquals("Two layers are called fc; give each a name of its own.", refused(PICTURES,
                new DenseLayer.Builder().name("fc").nOut(5).build(), new DenseLayer.Builder().name("fc").nOut(4).build()));
        assertEquals("The base network has no weights, so nothing can be learned; add a dense layer.",
                refused(InputType.feedForward(3), new ActivationLayer.Builder().activation(Activation.RELU).build()));
        assertEquals("The base network has no weights, so nothing can be learned; add a dense layer.",
                refused(InputType.feedForward(3), new DropoutLayer.Builder(0.5).build()));
        assertThrows(NullPointerException.class, () -> BaseNetwork.of(null, DENSE));
        assertThrows(NullPointerException.class, () -> new SiameseNetwork(BaseNetwork.of(PICTURES, DENSE), null, 1));
    }

    @Test
    void layersAreCopiedAndNamedByKindAndPlace() {
        DenseLayer mine = new DenseLayer.Builder().nOut(5).build();
        BaseNetwork base = BaseNetwork.of(PICTURES, convolution(3, 3), new SubsamplingLayer.Builder(2, 2).build()).then(mine);
        assertEquals(List.of("convolution1", "subsampling2", "dense3"), base.layers().stream().map(Layer::getLayerName).toList());
        assertNull(mine.getLayerName());
        mine.setNOut(7);
        assertEquals(5, ((DenseLayer) base.layers().get(2)).getNOut());
        assertThrows(UnsupportedOperationException.class, () -> base.layers().clear());
        assertEquals(base.json(), BaseNetwork.of(PICTURES, convolution(3, 3), new SubsamplingLayer.Builder(2, 2).build(), DENSE)
                .json());
        assertEquals(3, base.configuration(1).getConfs().size());
    }

    /** Wherever examples come in, both shapes are named. */
    @Test
    void examplesOfAnotherShapeAreRefused() {
        SiameseNetwork network = SiameseNetwork.overview(1);
        LabeledImages small = new LabeledImages("small", 5, 6, 2, new byte[120], new int[] {0, 0, 1, 1});
        Examples sequences = SomeNetworks.examples(SomeNetworks.all().get("LSTM"), 4, 2);
        for (Examples wrong : List.of(small, sequences)) {
            Pairs pairs = Pairs.create(wrong, 1);
            String sentence = "The base network reads examples of shape 1 × 28 × 28, but those of " + wrong.source() + " have "
                    + (wrong == small ? "1 × 5 × 6" : "3 × 20") + "; make a base network for these, or bring pictures to its size.";
            assertEquals(sentence, Campaign.refusal(() -> network.embed(wrong, 0), IllegalArgumentException.class));
            assertEquals(sentence, Campaign.refusal(() -> network.distances(pairs), IllegalArgumentException.class));
            assertEquals(sentence, Campaign.refusal(() -> network.fit(pairs, null, 1, 1), IllegalArgumentException.class));
            assertEquals(sentence, Campaign.refusal(() -> network.fit(wrong, null, Recipe.overview()),
                    IllegalArgumentException.class));
            assertEquals(sentence, Campaign.refusal(() -> network.steps(network.state(), wrong, Recipe.allPairs(1), 1, 1, 1,
                    Exchange.alone(1)), IllegalArgumentException.class));
        }
        SiameseNetwork two = new SiameseNetwork(BaseNetwork.overview(28, 28, 2), Distance.EUCLIDEAN, 1);
        BufferedImage picture = new BufferedImage(28, 28, BufferedImage.TYPE_INT_RGB);
        assertEquals("The base network reads examples of shape 2 × 28 × 28, but those of your own pictures have 1 × 28 × 28; make "
                + "a base network for these, or bring pictures to its size.",
                Campaign.refusal(() -> two.distance(picture, picture), IllegalArgumentException.class));
    }

    @Test
    void viewsAreOfPicturesOnly() {
        assertEquals("number must be 1, or of pictures 5, but is 3.", Campaign.refusal(() -> SiameseNetwork.overview(1).withViews(3),
                IllegalArgumentException.class));
        SiameseNetwork vectors = new SiameseNetwork(SomeNetworks.all().get("vectors"), Distance.EUCLIDEAN, 1);
        assertEquals("number must be 1, or of pictures 5, but is 5.", Campaign.refusal(() -> vectors.withViews(5),
                IllegalArgumentException.class));
        assertEquals(1, vectors.withViews(1).views());
    }
}
