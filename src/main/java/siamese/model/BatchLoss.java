package siamese.model;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** A loss that is read off the embeddings of a whole batch. */
interface BatchLoss {

    /**
     * What the loss is and where it falls.
     *
     * @param loss a mean over the batch, at least 0
     * @param gradient of the loss with respect to the embeddings, shape [n, d]
     */
    record Result(double loss, INDArray gradient) {
    }

    /**
     * {@return the loss of embeddings and its gradient}
     *
     * @param embeddings shape [n, d], float or double; it is not changed
     * @param weights n rows of 2n numbers: how much each similar pair counts and, beside it, each dissimilar pair; 0 for
     * what is no pair of the batch
     */
    Result of(INDArray embeddings, double[] weights);

    /** {@return the lengths of embeddings, shape [n, 1]; of those almost without length a smallest one} */
    static INDArray lengths(INDArray embeddings) {
        return Transforms.max(embeddings.norm2(true, 1), 1e-8);
    }

    /** Turns a gradient with respect to directions into one with respect to the embeddings: only what turns a direction reaches them. */
    static void backThroughDirections(INDArray gradient, INDArray directions, INDArray lengths) {
        gradient.subi(directions.mulColumnVector(gradient.mul(directions).sum(true, 1))).diviColumnVector(lengths);
    }
}
