package siamese.model;

import java.io.Serializable;

/**
 * How to train on all pairs within each batch. A batch holds some images of some classes; each image is embedded once,
 * and the loss reads the distance of every two of them: a batch of n images has n(n − 1)/2 pairs. Similar and dissimilar
 * pairs weigh half each, and dissimilar pairs beyond the margin, which have nothing left to teach, do not count in the
 * mean. The learning rate rises for 30 % of the steps and then falls to almost 0 (one cycle: L. N. Smith and N. Topin,
 * "Super-Convergence", arXiv:1708.07120).
 *
 * @param epochs how many, at least 1; an epoch has as many batches as it takes to see about every image once
 * @param classesPerBatch how many classes a batch draws, at least 2; all, if there are fewer
 * @param imagesPerClass how many images of each of them, at least 2
 * @param peakLearningRate the highest learning rate of Adam, greater than 0
 * @param shift each batch is moved at random by up to this many pixels up, down, left and right; 0 to 4
 */
public record AllPairs(int epochs, int classesPerBatch, int imagesPerClass, double peakLearningRate, int shift) implements Serializable {

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
     * {@return the course's recommendation for ten digits: batches of 10 × 12 images, a learning rate of up to 0.004, moved
     * by up to 2 pixels}
     *
     * @param epochs how many, at least 1; three are quick, twelve are good
     */
    public static AllPairs recommended(int epochs) {
        return new AllPairs(epochs, 10, 12, 4e-3, 2);
    }
}
