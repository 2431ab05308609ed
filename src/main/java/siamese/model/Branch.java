package siamese.model;

import java.nio.FloatBuffer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastAddOp;
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
 * <li>The first convolution and the dense layer are products of matrices, which Deeplearning4j's {@code matmul} hands to
 * oneDNN. The pictures are cut into patches of 3 × 3 in such an order that the first pooling takes the largest of four
 * matrices, number by number.
 * <li>The second convolution has its channels last, as oneDNN likes them best.
 * <li>ReLU comes after max-pooling and so has a quarter of the work; the two may change places.
 * <li>The backward pass uses what the forward pass left, and computes none of it again. Nobody needs a gradient with
 * respect to the pictures.
 * <li>The arrays are kept for the next batch.
 * <li>The last two rows and columns of a picture are left out, since none of their pixels reaches the embedding: from 28
 * rows the layers make 26, 13, 11 and 5, where the last pooling takes 10 of the 11; these come from 12, 24 and 26 rows.
 * </ul>
 *
 * <p>Not for several threads at once.
 */
final class Branch {

    private static final int[] NONE = {};
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
    private final INDArray[] kept = new INDArray[13];
    private INDArray patches;
    private INDArray convolved1;
    private INDArray largest1;
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
        weights1 = branch.getLayer(0).getParam("W").reshape(FILTERS1, 9);
        biases1 = branch.getLayer(0).getParam("b").reshape(FILTERS1);
        weights2 = branch.getLayer(2).getParam("W");
        biases2 = branch.getLayer(2).getParam("b").reshape(FILTERS2);
        weights3 = branch.getLayer(4).getParam("W").transpose(); // shape [128, 1600], in the order of its memory
        biases3 = branch.getLayer(4).getParam("b").reshape(UNITS);
        gradient = Nd4j.create(DataType.FLOAT, branch.numParams());
        long at = 0;
        dBiases1 = part(at, biases1);
        dWeights1 = part(at += biases1.length(), weights1);
        dBiases2 = part(at += weights1.length(), biases2);
        dWeights2 = part(at += biases2.length(), weights2);
        dWeights3 = part(at += weights2.length(), weights3);
        dBiases3 = part(at + weights3.length(), biases3);
    }

    private INDArray part(long from, INDArray like) {
        return gradient.get(NDArrayIndex.interval(from, from + like.length())).reshape('c', like.shape());
    }

    /** {@return the gradient that {@link #backward} computed last, in the order of the network's parameters} */
    INDArray gradient() {
        return gradient;
    }

    /**
     * {@return the embeddings, shape [n, 128], valid until the next call}
     *
     * @param pictures shape [n, 1, 28, 28], in the order of its memory
     */
    INDArray forward(INDArray pictures) {
        int n = (int) pictures.size(0);
        patches = array(0, 4L * n * 12 * 12, 9);
        cut(pictures.data().asNioFloat(), patches.data().asNioFloat(), n);
        convolved1 = array(1, 4L * n * 12 * 12, FILTERS1);
        largest1 = array(2, n * 12 * 12, FILTERS1);
        pooled1 = array(3, n, 12, 12, FILTERS1);
        convolved2 = array(4, n, 10, 10, FILTERS2);
        pooled2 = array(5, n, 5, 5, FILTERS2);
        flat = array(6, n, weights3.size(1));
        embeddings = array(7, n, UNITS);
        multiply(patches, false, weights1, true, convolved1);
        run("maximum", NONE, new INDArray[] {corner(convolved1, 0), corner(convolved1, 1)}, largest1);
        for (int k = 2; k < 4; k++) {
            run("maximum", NONE, new INDArray[] {largest1, corner(convolved1, k)}, largest1);
        }
        Nd4j.exec(new BroadcastAddOp(largest1, biases1, pooled1.reshape(n * 12 * 12, FILTERS1), 1));
        rectify(pooled1);
        run("conv2d", CONVOLUTION, new INDArray[] {pooled1, weights2, biases2}, convolved2);
        run("maxpool2d", POOLING, new INDArray[] {convolved2}, pooled2);
        rectify(pooled2);
        flat.reshape(n, FILTERS2, 5, 5).assign(pooled2.permute(0, 3, 1, 2)); // the weights expect channel after channel
        multiply(flat, false, weights3, true, embeddings);
        embeddings.addiRowVector(biases3);
        if (relu) {
            rectify(embeddings);
        }
        return embeddings;
    }

    /** The 3 × 3 pixels of each place of the first filters: first the upper left corners of all windows of pooling 1, then the others. */
    private static void cut(FloatBuffer pictures, FloatBuffer patches, int n) {
        int at = 0;
        for (int corner = 0; corner < 4; corner++) {
            for (int picture = 0; picture < n; picture++) {
                for (int y = corner / 2; y < 24; y += 2) {
                    for (int x = corner % 2; x < 24; x += 2) {
                        int from = (picture * 28 + y) * 28 + x;
                        for (int row = 0; row < 3; row++) {
                            patches.put(at, pictures.get(from));
                            patches.put(at + 1, pictures.get(from + 1));
                            patches.put(at + 2, pictures.get(from + 2));
                            at += 3;
                            from += 28;
                        }
                    }
                }
            }
        }
    }

    private static INDArray corner(INDArray windows, int number) {
        long size = windows.size(0) / 4;
        return windows.get(NDArrayIndex.interval(number * size, (number + 1) * size));
    }

    /**
     * Computes the gradient with respect to all weights.
     *
     * @param dEmbeddings the gradient with respect to what {@link #forward} returned last, shape [n, 128]; it is changed
     */
    void backward(INDArray dEmbeddings) {
        long n = embeddings.size(0);
        INDArray dConvolved1 = array(8, 4 * n * 12 * 12, FILTERS1);
        INDArray dPooled1 = array(9, n, 12, 12, FILTERS1);
        INDArray dConvolved2 = array(10, n, 10, 10, FILTERS2);
        INDArray dPooled2 = array(11, n, 5, 5, FILTERS2);
        INDArray dFlat = array(12, n, weights3.size(1));
        if (relu) {
            dEmbeddings.muli(slope(embeddings));
        }
        multiply(dEmbeddings, true, flat, false, dWeights3);
        sumColumns(dEmbeddings, dBiases3);
        multiply(dEmbeddings, false, weights3, false, dFlat);
        dPooled2.assign(dFlat.reshape(n, FILTERS2, 5, 5).permute(0, 2, 3, 1)).muli(slope(pooled2));
        run("maxpool2d_bp", POOLING, new INDArray[] {convolved2, dPooled2}, dConvolved2);
        run("conv2d_bp", CONVOLUTION, new INDArray[] {pooled1, weights2, biases2, dConvolved2}, dPooled1, dWeights2, dBiases2);
        INDArray left = dPooled1.muli(slope(pooled1)).reshape(n * 12 * 12, FILTERS1);
        sumColumns(left, dBiases1);
        for (int k = 0; k < 4; k++) { // the first corner with the largest value gets the gradient
            INDArray own = corner(dConvolved1, k);
            corner(convolved1, k).sub(largest1, own);
            Nd4j.exec(new Step(own, own, -Float.MIN_NORMAL)).muli(left);
            if (k < 3) {
                left.subi(own);
            }
        }
        multiply(dConvolved1, true, patches, false, dWeights1);
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

    /** An array that is kept for the next batch, whatever is in it; number 0 to 12. */
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

    /** Deeplearning4j's operation rather than {@code Nd4j.gemm}: it goes to oneDNN, twice as fast as OpenBLAS here. */
    private static void multiply(INDArray a, boolean transposeA, INDArray b, boolean transposeB, INDArray result) {
        run("matmul", new int[] {transposeA ? 1 : 0, transposeB ? 1 : 0}, new INDArray[] {a, b}, result);
    }

    /** As a product of matrices: many times faster than ND4J's sum along the first dimension. */
    private static void sumColumns(INDArray matrix, INDArray sums) {
        multiply(Nd4j.ones(DataType.FLOAT, 1, matrix.size(0)), false, matrix, false, sums.reshape(1, sums.length()));
    }

    private static void run(String operation, int[] arguments, INDArray[] inputs, INDArray... outputs) {
        Nd4j.exec(DynamicCustomOp.builder(operation).addInputs(inputs).addOutputs(outputs).addIntegerArguments(arguments).build());
    }
}
