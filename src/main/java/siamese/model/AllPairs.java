package siamese.model;

/**
 * Trains with the contrastive loss on all pairs within each batch: n images have n(n − 1)/2 pairs. Similar and dissimilar
 * pairs weigh half each, and dissimilar pairs beyond the margin, which have nothing left to teach, do not count in the
 * mean.
 *
 * @param epochs how many, at least 1; an epoch has as many batches as it takes to see about every image once
 * @param classesPerBatch how many classes a batch draws, at least 2; all, if there are fewer
 * @param imagesPerClass how many images of each of them, at least 2
 * @param peakLearningRate the highest learning rate of Adam, greater than 0
 * @param shift each batch is moved at random by up to this many pixels up, down, left and right; 0 to 4
 */
public record AllPairs(int epochs, int classesPerBatch, int imagesPerClass, double peakLearningRate, int shift) implements Recipe {

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public AllPairs {
        if (epochs < 1 || classesPerBatch < 2 || imagesPerClass < 2) {
            throw new IllegalArgumentException("epochs must be at least 1, classesPerBatch and imagesPerClass at least 2, but are "
                    + epochs + ", " + classesPerBatch + " and " + imagesPerClass + ".");
        }
        if (!(peakLearningRate > 0) || Double.isInfinite(peakLearningRate)) {
            throw new IllegalArgumentException("peakLearningRate must be greater than 0, but is " + peakLearningRate + "; try 0.004.");
        }
        if (shift < 0 || shift > 4) {
            throw new IllegalArgumentException("shift must be 0 to 4 pixels, but is " + shift + ".");
        }
    }

    /**
     * {@return what does well on ten digits and a few epochs: batches of 10 × 12 images, a learning rate of up to 0.004, moved
     * by up to 2 pixels}
     *
     * @param epochs how many, at least 1; three are quick, twelve are good
     */
    public static AllPairs recommended(int epochs) {
        return new AllPairs(epochs, 10, 12, 4e-3, 2);
    }
}
