package siamese.model;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * One step of a base network's way forward and back. Between layers pictures lie with their channels last, [n, rows,
 * columns, channels], as oneDNN likes them best; a sequence is a picture of one column; vectors are [n, numbers]. The
 * arrays are kept for the next batch. Not for several threads at once.
 */
abstract class FastLayer {

    static final int[] NONE = {};

    private final INDArray[] kept = new INDArray[6];
    /** Float, but for tests that want more digits. */
    final DataType type;

    FastLayer(DataType type) {
        this.type = type;
    }

    /**
     * {@return the output, valid until the next call; the next layer may change it}
     *
     * @param in the output of the layer before
     * @param training whether {@link #backward} will follow
     */
    abstract INDArray forward(INDArray in, boolean training);

    /**
     * Writes the gradient with respect to the layer's weights to where it belongs, from what {@link #forward} left.
     *
     * @param out the gradient with respect to the output; it is changed
     * @param wanted whether the gradient with respect to the input is needed
     * @return it, or null
     */
    abstract INDArray backward(INDArray out, boolean wanted);

    /** Begins anew what is drawn at random. */
    void seed(long seed) {
    }

    /** {@return how many numbers the layer keeps for one example besides its output} */
    long kept() {
        return 0;
    }

    /** Called after the weights were changed. */
    void afterStep() {
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

    /** An array that is kept for the next batch, whatever is in it; number 0 to 5. */
    final INDArray array(int number, long... shape) {
        long length = 1;
        for (long size : shape) {
            length *= size;
        }
        if (kept[number] == null || kept[number].length() < length) {
            if (kept[number] != null) {
                kept[number].close();
            }
            kept[number] = Nd4j.createUninitialized(type, length);
        }
        return kept[number].get(NDArrayIndex.interval(0, length)).reshape('c', shape);
    }

    /** An array of the shape of another. */
    final INDArray like(int number, INDArray other) {
        return array(number, other.shape());
    }

    /** Pictures or vectors as a matrix with one row a place and one column a channel. */
    static INDArray rows(INDArray values) {
        long channels = values.size(values.rank() - 1);
        return values.rank() == 2 ? values : values.reshape('c', values.length() / channels, channels);
    }

    /** Deeplearning4j's operation rather than {@code Nd4j.gemm}: it goes to oneDNN, twice as fast as OpenBLAS here. */
    static void multiply(INDArray a, boolean transposeA, INDArray b, boolean transposeB, INDArray result) {
        run("matmul", new int[] {transposeA ? 1 : 0, transposeB ? 1 : 0}, new INDArray[] {a, b}, result);
    }

    /** As a product of matrices: many times faster than ND4J's sum along the first dimension. */
    static void sumColumns(INDArray matrix, INDArray sums) {
        multiply(Nd4j.ones(matrix.dataType(), 1, matrix.size(0)), false, matrix, false,
                sums.reshape('c', 1, sums.length()));
    }

    static void run(String operation, int[] arguments, INDArray[] inputs, INDArray... outputs) {
        Nd4j.exec(DynamicCustomOp.builder(operation).addInputs(inputs).addOutputs(outputs)
                .addIntegerArguments(arguments).build());
    }
}
