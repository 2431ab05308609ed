package siamese.model;

import java.io.Serializable;
import java.util.Objects;
import org.apache.commons.lang3.Validate;
import siamese.data.Variation;

/**
 * How a network is trained. {@link #overview()}, {@link #allPairs} and {@link #supervisedContrastive} are starting
 * points; the methods named {@code with…} give the same recipe with another value.
 *
 * <p>Training on given pairs reads {@code pairsPerBatch} and {@code pairsTogether}; training on labelled examples reads
 * {@code classesPerBatch} and {@code examplesPerClass}.
 *
 * @param loss what training makes small
 * @param epochs how many, at least 1; an epoch sees every pair once, or about every example once
 * @param learningRate of Adam, greater than 0; the highest one where it is a cycle
 * @param oneCycle whether the learning rate rises for 30 % of the steps and then falls almost to 0 (L. N. Smith and N.
 *     Topin, "Super-Convergence", arXiv:1708.07120) rather than staying as it is
 * @param weightDecay the share of the weights that a step at learning rate 1 would take away, apart from the gradient
 *     (I. Loshchilov and F. Hutter, arXiv:1711.05101); 0 to 10
 * @param pairsPerBatch at least 1; the last batch of an epoch may have fewer
 * @param pairsTogether pairs are put into a new random order each epoch in blocks of so many neighbours, at least 1;
 *     the more neighbours share examples ({@code Pairs.neighboursTogether}), the fewer there are to embed
 * @param classesPerBatch how many classes a batch draws, at least 2; all, if there are fewer
 * @param examplesPerClass how many examples of each of them, at least 2; all, if there are fewer
 * @param variation how each picture is varied at random, each time differently
 */
public record Recipe(Loss loss, int epochs, double learningRate, boolean oneCycle, double weightDecay,
        int pairsPerBatch, int pairsTogether, int classesPerBatch, int examplesPerClass, Variation variation)
        implements Serializable {

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public Recipe {
        Objects.requireNonNull(loss, "loss");
        Objects.requireNonNull(variation, "variation");
        atLeast("epochs", epochs, 1);
        atLeast("pairsPerBatch", pairsPerBatch, 1);
        atLeast("pairsTogether", pairsTogether, 1);
        atLeast("classesPerBatch", classesPerBatch, 2);
        atLeast("examplesPerClass", examplesPerClass, 2);
        Validate.isTrue(learningRate > 0 && Double.isFinite(learningRate), "learningRate must be greater than 0, but "
                + "is %s; try 0.001.", learningRate);
        Validate.isTrue(weightDecay >= 0 && weightDecay <= 10, "weightDecay must be 0 to 10, but is %s; try 0.1.",
                weightDecay);
    }

    private static void atLeast(String what, int value, int least) {
        Validate.isTrue(value >= least, "%s must be at least %s, but is %s.", what, least, value);
    }

    /**
     * {@return the overview's: the contrastive loss with margin 1, 10 epochs, batches of 128 pairs, learning rate
     * 0.001}
     */
    public static Recipe overview() {
        return new Recipe(new ContrastiveLoss(1), 10, 1e-3, false, 0, 128, 1, 10, 12, Variation.NONE);
    }

    /**
     * {@return the contrastive loss on all pairs within each batch: n examples have n(n − 1)/2 pairs. What does well on
     * ten digits and a few epochs: batches of 10 × 12 pictures, each moved by up to 2 pixels, and a learning rate of up
     * to 0.004. Similar and dissimilar pairs weigh half each, and dissimilar pairs beyond the margin do not count in
     * the mean}
     *
     * @param epochs how many, at least 1; three are quick, twelve are good
     */
    public static Recipe allPairs(int epochs) {
        return new Recipe(new ContrastiveLoss(1, true), epochs, 4e-3, true, 0, 128, 1, 10, 12,
                Variation.NONE.withShift(2));
    }

    /**
     * {@return the course's recommendation for ten digits where quality counts more than time, for networks with the
     * cosine distance: the supervised contrastive loss at temperature 0.05, batches of 10 × 12 pictures, a learning
     * rate of up to 0.004, weight decay 0.1; pictures moved by up to 2 pixels, bent by 0.5 pixels and with ink to a
     * power of up to e<sup>0.4</sup>}
     *
     * @param epochs how many, at least 1; twelve to twenty are good
     */
    public static Recipe supervisedContrastive(int epochs) {
        return allPairs(epochs).withLoss(new SupervisedContrastiveLoss(0.05)).withWeightDecay(0.1)
                .withVariation(new Variation(2, 0.5, 0.4));
    }

    /**
     * {@return the same with another loss}
     *
     * @param value the new one
     */
    public Recipe withLoss(Loss value) {
        return new Recipe(value, epochs, learningRate, oneCycle, weightDecay, pairsPerBatch, pairsTogether,
                classesPerBatch, examplesPerClass, variation);
    }

    /**
     * {@return the same with another epochs}
     *
     * @param value the new one
     */
    public Recipe withEpochs(int value) {
        return new Recipe(loss, value, learningRate, oneCycle, weightDecay, pairsPerBatch, pairsTogether,
                classesPerBatch, examplesPerClass, variation);
    }

    /**
     * {@return the same with another learningRate}
     *
     * @param value the new one
     */
    public Recipe withLearningRate(double value) {
        return new Recipe(loss, epochs, value, oneCycle, weightDecay, pairsPerBatch, pairsTogether,
                classesPerBatch, examplesPerClass, variation);
    }

    /**
     * {@return the same with another oneCycle}
     *
     * @param value the new one
     */
    public Recipe withOneCycle(boolean value) {
        return new Recipe(loss, epochs, learningRate, value, weightDecay, pairsPerBatch, pairsTogether,
                classesPerBatch, examplesPerClass, variation);
    }

    /**
     * {@return the same with another weightDecay}
     *
     * @param value the new one
     */
    public Recipe withWeightDecay(double value) {
        return new Recipe(loss, epochs, learningRate, oneCycle, value, pairsPerBatch, pairsTogether,
                classesPerBatch, examplesPerClass, variation);
    }

    /**
     * {@return the same with another pairsPerBatch}
     *
     * @param value the new one
     */
    public Recipe withPairsPerBatch(int value) {
        return new Recipe(loss, epochs, learningRate, oneCycle, weightDecay, value, pairsTogether,
                classesPerBatch, examplesPerClass, variation);
    }

    /**
     * {@return the same with another pairsTogether}
     *
     * @param value the new one
     */
    public Recipe withPairsTogether(int value) {
        return new Recipe(loss, epochs, learningRate, oneCycle, weightDecay, pairsPerBatch, value,
                classesPerBatch, examplesPerClass, variation);
    }

    /**
     * {@return the same with another classesPerBatch}
     *
     * @param value the new one
     */
    public Recipe withClassesPerBatch(int value) {
        return new Recipe(loss, epochs, learningRate, oneCycle, weightDecay, pairsPerBatch, pairsTogether,
                value, examplesPerClass, variation);
    }

    /**
     * {@return the same with another examplesPerClass}
     *
     * @param value the new one
     */
    public Recipe withExamplesPerClass(int value) {
        return new Recipe(loss, epochs, learningRate, oneCycle, weightDecay, pairsPerBatch, pairsTogether,
                classesPerBatch, value, variation);
    }

    /**
     * {@return the same with another variation}
     *
     * @param value the new one
     */
    public Recipe withVariation(Variation value) {
        return new Recipe(loss, epochs, learningRate, oneCycle, weightDecay, pairsPerBatch, pairsTogether,
                classesPerBatch, examplesPerClass, value);
    }
}
