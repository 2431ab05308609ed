package siamese.model;

import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastAddOp;
import org.nd4j.linalg.api.ops.impl.scalar.Step;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * A base network's first convolution, and the max-pooling that may follow it, as a product of matrices: nobody needs a
 * gradient with respect to the pictures. These are cut into patches of the window's size, in such an order that the
 * pooling takes the largest of as many matrices as its window has places, number by number. Rows and columns of the
 * pictures that reach no embedding are left out.
 */
final class FirstConvolution extends FastLayer {

    private final Window window;
    private final Window pooling;
    private final FastLayers.Weights own;
    private final int[] picture;
    private final int rows;
    private final int columns;
    private float[] cut = {};
    private INDArray patches;
    private INDArray convolved;
    private INDArray largest;

    /**
     * @param window of the convolution, not padded by itself ("same")
     * @param pooling that follows, of windows beside each other; null for none
     * @param own weights as [filters, channels, rows, columns]
     * @param picture channels, rows and columns of a picture
     * @param rows of the output that are needed
     * @param columns of the output that are needed
     */
    FirstConvolution(DataType type, Window window, Window pooling, FastLayers.Weights own, int[] picture, int rows,
            int columns) {
        super(type);
        this.window = window;
        this.pooling = pooling;
        this.own = own;
        this.picture = picture;
        this.rows = rows;
        this.columns = columns;
    }

    private int places() {
        return pooling == null ? 1 : pooling.kernel()[0] * pooling.kernel()[1];
    }

    @Override
    long kept() {
        return (long) places() * rows * columns * (own.weights().length() / own.weights().size(0));
    }

    @Override
    void release() {
        super.release();
        cut = new float[0];
    }

    private INDArray filters() {
        return own.weights().reshape('c', own.weights().size(0), own.weights().length() / own.weights().size(0));
    }

    @Override
    INDArray forward(INDArray pictures, boolean training) {
        int n = (int) pictures.size(0);
        INDArray filters = filters();
        long f = filters.size(0);
        long outputs = (long) n * rows * columns;
        patches = array(0, places() * outputs, filters.size(1));
        int length = (int) patches.length();
        if (cut.length < length) {
            cut = new float[length];
        }
        cut(pictures.data().asFloat(), n, (int) filters.size(1));
        if (type == DataType.FLOAT) {
            patches.data().asNioFloat().put(cut, 0, length);
        } else {
            patches.assign(Nd4j.createFromArray(java.util.Arrays.copyOf(cut, length)).castTo(type)
                    .reshape('c', patches.shape()));
        }
        convolved = array(1, places() * outputs, f);
        multiply(patches, false, filters, true, convolved);
        largest = convolved;
        if (places() > 1) {
            largest = array(2, outputs, f);
            run("maximum", NONE, new INDArray[] {place(convolved, 0), place(convolved, 1)}, largest);
            for (int k = 2; k < places(); k++) {
                run("maximum", NONE, new INDArray[] {largest, place(convolved, k)}, largest);
            }
        }
        INDArray out = array(3, n, rows, columns, f);
        if (own.biases() == null) {
            return out.assign(largest.reshape('c', out.shape()));
        }
        Nd4j.exec(new BroadcastAddOp(largest, own.biases(), rows(out), 1));
        return out;
    }

    /** The patches: first those of the upper left places of all windows of the pooling, then the others. */
    private void cut(float[] pictures, int n, int size) {
        int across = pooling == null ? 1 : pooling.kernel()[1];
        int perPicture = rows * columns * size;
        IntStream.range(0, places() * n).parallel().forEach(k -> {
            int place = k / n;
            int at = k * perPicture;
            for (int y = 0; y < rows; y++) {
                for (int x = 0; x < columns; x++) {
                    int row = pooling == null ? y : y * pooling.stride()[0] + place / across;
                    int column = pooling == null ? x : x * pooling.stride()[1] + place % across;
                    at = patch(pictures, k % n, row * window.stride()[0] - window.padding()[0],
                            column * window.stride()[1] - window.padding()[1], at);
                }
            }
        });
    }

    /** Writes the patch whose upper left corner is at a place of a picture, and returns where the next one begins. */
    private int patch(float[] pictures, int number, int top, int left, int at) {
        for (int channel = 0; channel < picture[0]; channel++) {
            for (int r = 0; r < window.kernel()[0]; r++) {
                int row = top + r * window.dilation()[0];
                int from = ((number * picture[0] + channel) * picture[1] + row) * picture[2];
                for (int c = 0; c < window.kernel()[1]; c++) {
                    int column = left + c * window.dilation()[1];
                    cut[at++] = row < 0 || row >= picture[1] || column < 0 || column >= picture[2] ? 0
                            : pictures[from + column];
                }
            }
        }
        return at;
    }

    private INDArray place(INDArray windows, int number) {
        long size = windows.size(0) / places();
        return windows.get(NDArrayIndex.interval(number * size, (number + 1) * size));
    }

    @Override
    INDArray backward(INDArray out, boolean wanted) {
        INDArray left = rows(out);
        if (own.biases() != null) {
            sumColumns(left, own.dBiases());
        }
        INDArray dConvolved = left;
        if (places() > 1) {
            dConvolved = array(4, convolved.shape());
            for (int k = 0; k < places(); k++) { // the first place with the largest value gets the gradient
                INDArray part = place(dConvolved, k);
                place(convolved, k).sub(largest, part);
                Nd4j.exec(new Step(part, part, -Float.MIN_NORMAL)).muli(left);
                if (k + 1 < places()) {
                    left.subi(part);
                }
            }
        }
        multiply(dConvolved, true, patches, false,
                own.dWeights().reshape('c', own.weights().size(0), patches.size(1)));
        return null;
    }
}
