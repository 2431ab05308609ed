package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import siamese.Campaign;
import siamese.data.LabeledImages;
import siamese.data.Variation;

/** Training in parts. */
class StepsTest {

    private static final LabeledImages BARS = SomeNetworks.bars(4, 40, 1);
    private static final Exchange ALONE = Exchange.alone(1);
    private static final Recipe RECIPE = Recipe.allPairs(2).withClassesPerBatch(4).withExamplesPerClass(5)
            .withVariation(Variation.NONE.withShift(1));

    @Test
    void allStepsAtOnceAreTheTrainingItself() {
        SiameseNetwork whole = SiameseNetwork.overview(3);
        whole.fit(BARS, null, RECIPE);
        SiameseNetwork parts = SiameseNetwork.overview(3);
        SiameseNetwork.State end = parts.steps(parts.state(), BARS, RECIPE, 16, 16, 3, ALONE); // 160 images, 20 a batch, twice
        assertArrayEquals(whole.graph().params().toFloatVector(), end.weights());
        assertArrayEquals(end.weights(), parts.graph().params().toFloatVector());
        assertEquals(16, end.steps());
    }

    @Test
    void aPartDependsOnNothingButWhatItIsGiven() {
        SiameseNetwork network = SiameseNetwork.overview(3);
        SiameseNetwork.State first = network.steps(network.state(), BARS, RECIPE, 3, 6, 11, ALONE);
        SiameseNetwork.State second = network.steps(first, BARS, RECIPE, 3, 6, 12, ALONE);
        SiameseNetwork another = SiameseNetwork.overview(99);
        SiameseNetwork.State again = another.steps(first, BARS, RECIPE, 3, 6, 12, ALONE);
        assertArrayEquals(second.weights(), again.weights());
        assertArrayEquals(second.moments(), again.moments());
        assertEquals(second.loss(), again.loss());
        assertFalse(Arrays.equals(second.weights(), network.steps(first, BARS, RECIPE, 3, 6, 13, ALONE).weights()), "the seed counts");
        assertFalse(Arrays.equals(second.weights(), network.steps(new SiameseNetwork.State(first.weights(),
                new float[first.moments().length], 3, 0), BARS, RECIPE, 3, 6, 12, ALONE).weights()), "Adam's means count");
        assertFalse(Arrays.equals(second.weights(), network.steps(new SiameseNetwork.State(first.weights(), first.moments(), 0, 0),
                BARS, RECIPE, 3, 6, 12, ALONE).weights()), "the place in the cycle of the learning rate counts");
    }

    @Test
    void complainsInOneSentence() {
        SiameseNetwork network = SiameseNetwork.overview(1);
        SiameseNetwork.State start = network.state();
        String said = assertThrows(IllegalArgumentException.class,
                () -> network.restore(new SiameseNetwork.State(new float[7], new float[14], 0, 0))).getMessage();
        assertTrue(said.contains("223744 weights") && said.contains("7 and 14"), said);
        for (int steps : new int[] {0, 7}) {
            said = Campaign.refusal(() -> network.steps(start, BARS, RECIPE, steps, 6, 1, ALONE), IllegalArgumentException.class);
            assertTrue(said.startsWith("steps must be at least 1 and ofSteps at least 0 + steps, but are " + steps), said);
        }
        SiameseNetwork.State broken = new SiameseNetwork.State(start.weights().clone(), start.moments(), 0, 0);
        broken.weights()[0] = Float.NaN;
        said = Campaign.refusal(() -> network.steps(broken, BARS, RECIPE, 1, 6, 1, ALONE), ArithmeticException.class);
        assertEquals("The loss became NaN in step 1; try a smaller learning rate.", said);
    }

    /** Dropout and normalization, too, begin from what they are given. */
    @Test
    void aPartOfANetworkWithDropoutIsTheSameAgain() {
        SiameseNetwork network = new SiameseNetwork(SomeNetworks.dropout(), Distance.EUCLIDEAN, 3);
        SomeNetworks.Noise examples = SomeNetworks.examples(network.base(), 20, 4);
        SiameseNetwork.State start = network.state();
        SiameseNetwork.State first = network.steps(start, examples, RECIPE.withVariation(Variation.NONE), 3, 6, 11, ALONE);
        SiameseNetwork.State again = network.steps(start, examples, RECIPE.withVariation(Variation.NONE), 3, 6, 11, ALONE);
        assertArrayEquals(first.weights(), again.weights());
        assertEquals(first.loss(), again.loss());
    }
}
