package siamese.model;

import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.reduce.Mmul;
import org.nd4j.linalg.api.ops.impl.scalar.RectifiedLinear;
import org.nd4j.linalg.api.ops.impl.scalar.Step;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The branch of a network, forward and backward, in those operations of ND4J that are fastest for it. It works on the
 * weights of the Deeplearning4j network that defines the branch and computes the embeddings and gradients that
 * Deeplearning4j would; a test compares them. What it spares:
 *
 * <ul>
 * <li>Channels come last in every array, as oneDNN likes them best.
 * <li>ReLU comes after max-pooling and so has a quarter of the work; the two may change places.
 * <li>The backward pass uses what the forward pass left, and computes none of it again.
 * <li>Nobody needs a gradient with respect to the pictures: the first weights get theirs as a product of matrices.
 * <li>The arrays are kept for the next batch.
 * <li>The last two rows and columns of a picture are left out, since none of their pixels reaches the embedding: from 28
 * rows the layers make 26, 13, 11 and 5, where the last pooling takes 10 of the 11; these come from 12, 24 and 26 rows.
 * </ul>
 *
 * <p>Not for several threads at once.
 */
final class Branch {

    private static final int SIZE = 26;
    private static final int FILTERS1 = 32;
    private static final int FILTERS2 = 64;
    private static final int UNITS = 128;
    /** Kernel 3 × 3, stride 1, no padding, no dilation, channels last, weights as [filters, channels, rows, columns]. */
    private static final int[] CONVOLUTION = {3, 3, 1, 1, 0, 0, 1, 1, 0, 1, 1};
    /** Windows of 2 × 2, stride 2, no padding, no dilation, channels last; rows and columns that fill none are left out. */
    private static final int[] POOLING = {2, 2, 2, 2, 0, 0, 1, 1, 0, 1, 1};

    private final boolean relu;
    private final INDArray weights1;
    private final INDArray biases1;
    private final INDArray weights2;
    private final INDArray biases2;
    private final INDArray weights3;
    private final INDArray biases3;
    private final INDArray gradient;
    private final INDArray dBiases1;
    private final INDArray dWeights1;
    private final INDArray dBiases2;
    private final INDArray dWeights2;
    private final INDArray dWeights3;
    private final INDArray dBiases3;
    private final INDArray[] kept = new INDArray[14];
    private INDArray input;
    private INDArray convolved1;
    private INDArray pooled1;
    private INDArray convolved2;
    private INDArray pooled2;
    private INDArray flat;
    private INDArray embeddings;

    /**
     * Takes over the weights of a branch, without copying them.
     *
     * @param branch conv1, pool1, conv2, pool2, embedding
     * @param activation of the last layer: ReLU, or none
     */
    Branch(MultiLayerNetwork branch, Activation activation) {
        relu = activation == Activation.RELU;
        weights1 = branch.getLayer(0).getParam("W");
        biases1 = branch.getLayer(0).getParam("b").reshape(FILTERS1);
        weights2 = branch.getLayer(2).getParam("W");
        biases2 = branch.getLayer(2).getParam("b").reshape(FILTERS2);
        weights3 = branch.getLayer(4).getParam("W");
        biases3 = branch.getLayer(4).getParam("b").reshape(UNITS);
        gradient = Nd4j.create(DataType.FLOAT, branch.numParams());
        long at = 0;
        dBiases1 = part(at, biases1, 'c');
        dWeights1 = part(at += biases1.length(), weights1, 'c');
        dBiases2 = part(at += weights1.length(), biases2, 'c');
        dWeights2 = part(at += biases2.length(), weights2, 'c');
        dWeights3 = part(at += weights2.length(), weights3, 'f');
        dBiases3 = part(at + weights3.length(), biases3, 'c');
    }

    private INDArray part(long from, INDArray like, char order) {
        return gradient.get(NDArrayIndex.interval(from, from + like.length())).reshape(order, like.shape());
    }

    /** {@return the gradient that {@link #backward} computed last, in the order of the network's parameters} */
    INDArray gradient() {
        return gradient;
    }

    /**
     * {@return the embeddings, shape [n, 128], valid until the next call}
     *
     * @param pictures shape [n, 1, 28, 28]
     */
    INDArray forward(INDArray pictures) {
        long n = pictures.size(0);
        input = array(13, n, SIZE, SIZE, 1);
        input.reshape(n, 1, SIZE, SIZE).assign(pictures.get(NDArrayIndex.all(), NDArrayIndex.all(),
                NDArrayIndex.interval(0, SIZE), NDArrayIndex.interval(0, SIZE)));
        convolved1 = array(0, n, 24, 24, FILTERS1);
        pooled1 = array(1, n, 12, 12, FILTERS1);
        convolved2 = array(2, n, 10, 10, FILTERS2);
        pooled2 = array(3, n, 5, 5, FILTERS2);
        flat = array(4, n, weights3.size(0));
        embeddings = array(5, n, UNITS);
        run("conv2d", CONVOLUTION, new INDArray[] {input, weights1, biases1}, convolved1);
        run("maxpool2d", POOLING, new INDArray[] {convolved1}, pooled1);
        rectify(pooled1);
        run("conv2d", CONVOLUTION, new INDArray[] {pooled1, weights2, biases2}, convolved2);
        run("maxpool2d", POOLING, new INDArray[] {convolved2}, pooled2);
        rectify(pooled2);
        flat.reshape(n, FILTERS2, 5, 5).assign(pooled2.permute(0, 3, 1, 2)); // the weights expect channel after channel
        Nd4j.gemm(weights3, flat, embeddings.transpose(), true, true, 1, 0);
        embeddings.addiRowVector(biases3);
        if (relu) {
            rectify(embeddings);
        }
        return embeddings;
    }

    /**
     * Computes the gradient with respect to all weights.
     *
     * @param dEmbeddings the gradient with respect to what {@link #forward} returned last, shape [n, 128]; it is changed
     */
    void backward(INDArray dEmbeddings) {
        long n = embeddings.size(0);
        INDArray dConvolved1 = array(6, n, 24, 24, FILTERS1);
        INDArray dPooled1 = array(7, n, 12, 12, FILTERS1);
        INDArray dConvolved2 = array(8, n, 10, 10, FILTERS2);
        INDArray dPooled2 = array(9, n, 5, 5, FILTERS2);
        INDArray dFlat = array(10, n, weights3.size(0));
        INDArray patches = array(11, n, 9, 24, 24);
        INDArray products = array(12, n, 9, FILTERS1);
        if (relu) {
            dEmbeddings.muli(slope(embeddings));
        }
        Nd4j.gemm(flat, dEmbeddings, dWeights3, true, false, 1, 0);
        dBiases3.assign(columnSums(dEmbeddings));
        Nd4j.gemm(weights3, dEmbeddings, dFlat.transpose(), false, true, 1, 0);
        dPooled2.assign(dFlat.reshape(n, FILTERS2, 5, 5).permute(0, 2, 3, 1)).muli(slope(pooled2));
        run("maxpool2d_bp", POOLING, new INDArray[] {convolved2, dPooled2}, dConvolved2);
        run("conv2d_bp", CONVOLUTION, new INDArray[] {pooled1, weights2, biases2, dConvolved2}, dPooled1, dWeights2, dBiases2);
        dPooled1.muli(slope(pooled1));
        dBiases1.assign(columnSums(dPooled1.reshape(n * 12 * 12, FILTERS1)));
        run("maxpool2d_bp", POOLING, new INDArray[] {convolved1, dPooled1}, dConvolved1);
        for (int k = 0; k < 9; k++) {
            patches.get(NDArrayIndex.all(), NDArrayIndex.point(k), NDArrayIndex.all(), NDArrayIndex.all()).assign(input.get(
                    NDArrayIndex.all(), NDArrayIndex.interval(k / 3, k / 3 + 24), NDArrayIndex.interval(k % 3, k % 3 + 24), NDArrayIndex.point(0)));
        }
        Nd4j.exec(new Mmul(patches.reshape(n, 9, 24 * 24), dConvolved1.reshape(n, 24 * 24, FILTERS1), products, null));
        dWeights1.assign(columnSums(products.reshape(n, 9 * FILTERS1)).reshape(9, FILTERS1).transpose().reshape(weights1.shape()));
    }

    /** Gives the memory back at once; the next pass takes new. */
    void release() {
        for (int k = 0; k < kept.length; k++) {
            if (kept[k] != null) {
                kept[k].close();
                kept[k] = null;
            }
        }
    }

    /** An array that is kept for the next batch, whatever is in it; number 0 to 13. */
    private INDArray array(int number, long... shape) {
        long length = 1;
        for (long size : shape) {
            length *= size;
        }
        if (kept[number] == null || kept[number].length() < length) {
            if (kept[number] != null) {
                kept[number].close();
            }
            kept[number] = Nd4j.createUninitialized(DataType.FLOAT, length);
        }
        return kept[number].get(NDArrayIndex.interval(0, length)).reshape(shape);
    }

    private static void rectify(INDArray values) {
        Nd4j.exec(new RectifiedLinear(values, values, 0));
    }

    /** ReLU's: 1 where the value is greater than 0, else 0; in place of the values, which are not needed any more. */
    private static INDArray slope(INDArray values) {
        return Nd4j.exec(new Step(values, values, 0));
    }

    /** As a product of matrices: many times faster than ND4J's sum along the first dimension. */
    private static INDArray columnSums(INDArray matrix) {
        return Nd4j.ones(DataType.FLOAT, 1, matrix.size(0)).mmul(matrix).reshape(matrix.size(1));
    }

    private static void run(String operation, int[] arguments, INDArray[] inputs, INDArray... outputs) {
        Nd4j.exec(DynamicCustomOp.builder(operation).addInputs(inputs).addOutputs(outputs).addIntegerArguments(arguments).build());
    }
}
