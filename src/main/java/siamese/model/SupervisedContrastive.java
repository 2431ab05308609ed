package siamese.model;

/**
 * Trains the directions of the embeddings with the supervised contrastive loss of P. Khosla et al., "Supervised Contrastive
 * Learning" (NeurIPS 2020, arXiv:2004.11362): of all images of the batch, those of its own class shall be the nearest to
 * an image. Each image is varied a little, each time differently
 * ({@link siamese.data.Variation}), and the weights are drawn towards 0 apart from the
 * gradient (I. Loshchilov and F. Hutter, "Decoupled Weight Decay Regularization", arXiv:1711.05101). For networks with
 * the cosine distance.
 *
 * @param epochs how many, at least 1; an epoch has as many batches as it takes to see about every image once
 * @param classesPerBatch how many classes a batch draws, at least 2; all, if there are fewer
 * @param imagesPerClass how many images of each of them, at least 2
 * @param peakLearningRate the highest learning rate of Adam, greater than 0
 * @param temperature of the loss, greater than 0: the smaller, the more the nearest images count
 * @param weightDecay the share of the weights that a step at learning rate 1 would take away; 0 to 10
 * @param shift each image is moved at random by up to this many pixels, or parts of a pixel, in each direction; 0 to 4
 * @param bend each image is bent at random: the standard deviation of what each knot of a grid is moved, in pixels; 0 to 2
 * @param ink the ink is taken to a power from e<sup>−ink</sup> to e<sup>ink</sup> at random; 0 to 2
 */
public record SupervisedContrastive(int epochs, int classesPerBatch, int imagesPerClass, double peakLearningRate, double temperature,
        double weightDecay, double shift, double bend, double ink) implements Recipe {

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public SupervisedContrastive {
        new AllPairs(epochs, classesPerBatch, imagesPerClass, peakLearningRate, 0);
        if (!(temperature > 0) || Double.isInfinite(temperature)) {
            throw new IllegalArgumentException("temperature must be greater than 0, but is " + temperature + "; try 0.05.");
        }
        if (!(weightDecay >= 0 && weightDecay <= 10)) {
            throw new IllegalArgumentException("weightDecay must be 0 to 10, but is " + weightDecay + "; try 0.1.");
        }
        if (!(shift >= 0 && shift <= 4)) {
            throw new IllegalArgumentException("shift must be 0 to 4 pixels, but is " + shift + ".");
        }
        if (!(bend >= 0 && bend <= 2 && ink >= 0 && ink <= 2)) {
            throw new IllegalArgumentException("bend and ink must be 0 to 2, but are " + bend + " and " + ink + "; try 0.5 and 0.4.");
        }
    }

    /**
     * {@return the course's recommendation for ten digits, where quality counts more than time: batches of 10 × 12 images, a
     * learning rate of up to 0.004, temperature 0.05, weight decay 0.1; images moved by up to 2 pixels, bent by 0.5 pixels
     * and with ink to a power of up to e<sup>0.4</sup>}
     *
     * @param epochs how many, at least 1; twelve to twenty are good
     */
    public static SupervisedContrastive recommended(int epochs) {
        return new SupervisedContrastive(epochs, 10, 12, 4e-3, 0.05, 0.1, 2, 0.5, 0.4);
    }
}
