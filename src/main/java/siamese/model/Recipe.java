package siamese.model;

import java.io.Serializable;

/**
 * How to train on labelled images rather than on given pairs: each batch holds some images of some classes, each embedded
 * once, and the loss reads all pairs among them. The learning rate rises for 30 % of the steps and then falls almost to 0
 * (one cycle: L. N. Smith and N. Topin, "Super-Convergence", arXiv:1708.07120).
 */
public sealed interface Recipe extends Serializable permits AllPairs, SupervisedContrastive {

    /** {@return how many epochs; an epoch has as many batches as it takes to see about every image once} */
    int epochs();

    /** {@return how many classes a batch draws; all, if there are fewer} */
    int classesPerBatch();

    /** {@return how many images of each of them} */
    int imagesPerClass();

    /** {@return the highest learning rate of Adam} */
    double peakLearningRate();
}
