package siamese.model;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * A base network's first convolution, and the max-pooling that may follow it, as a product of matrices: nobody needs a
 * gradient with respect to the pictures. These are cut into patches of the window's size, each with a 1 at its end for
 * the biases, in such an order that the pooling takes the largest of as many matrices as its window has places, number
 * by number. Rows and columns of the pictures that reach no embedding are left out. For float numbers.
 */
final class FirstConvolution extends FastLayer {

    /** Numbers that a thread routes at a time: few enough for the processor's own memory. */
    private static final int ROUTED = 1 << 12;

    private final Window window;
    private final Window pooling;
    private final FastLayers.Weights own;
    private final int[] picture;
    private final int rows;
    private final int columns;
    private final int filters;
    private final int size;
    private final int places;
    private INDArray patches;
    private INDArray convolved;
    private INDArray largest;

    /**
     * @param window of the convolution, not padded by itself ("same")
     * @param pooling that follows, of windows beside each other; of one place where there is none
     * @param own weights as [filters, channels, rows, columns]
     * @param picture channels, rows and columns of a picture
     * @param rows of the output that are needed
     * @param columns of the output that are needed
     */
    FirstConvolution(Window window, Window pooling, FastLayers.Weights own, int[] picture, int rows, int columns) {
        super(DataType.FLOAT);
        this.window = window;
        this.pooling = pooling;
        this.own = own;
        this.picture = picture;
        this.rows = rows;
        this.columns = columns;
        filters = (int) own.weights().size(0);
        size = (int) own.weights().length() / filters;
        places = pooling.kernel()[0] * pooling.kernel()[1];
    }

    @Override
    long kept() {
        return (long) places * rows * columns * (size + 1);
    }

    @Override
    INDArray forward(INDArray pictures, boolean training) {
        int n = (int) pictures.size(0);
        long outputs = (long) n * rows * columns;
        patches = array(0, places * outputs, size + 1);
        cut(pictures.data().asNioFloat(), n);
        INDArray joined = array(1, filters, size + 1);
        weights(joined).assign(own.weights().reshape('c', filters, size));
        joined.getColumn(size).assign(own.biases() == null ? Nd4j.scalar(0f) : own.biases());
        convolved = array(2, places * outputs, filters);
        multiply(patches, false, joined, true, convolved);
        largest = convolved;
        if (places > 1) {
            largest = array(3, outputs, filters);
            for (int k = 1; k < places; k++) {
                run("maximum", NONE, new INDArray[] {k == 1 ? place(0) : largest, place(k)}, largest);
            }
        }
        // the next layer may change what it gets
        return (places > 1 && training ? like(4, largest).assign(largest) : largest)
                .reshape('c', n, rows, columns, filters);
    }

    private INDArray weights(INDArray joined) {
        return joined.get(NDArrayIndex.all(), NDArrayIndex.interval(0, size));
    }

    private INDArray place(int number) {
        long length = convolved.size(0) / places;
        return convolved.get(NDArrayIndex.interval(number * length, (number + 1) * length));
    }

    /** Cuts the patches: first those of the upper left places of all windows of the pooling, then the others. */
    private void cut(FloatBuffer pictures, int n) {
        int down = window.stride()[0] * pooling.stride()[0];
        int right = window.stride()[1] * pooling.stride()[1];
        int across = pooling.kernel()[1];
        int high = picture[1] + 2 * window.padding()[0];
        int wide = picture[2] + 2 * window.padding()[1];
        int length = rows * columns * (size + 1);
        FloatBuffer all = patches.data().asNioFloat();
        IntStream.range(0, n).parallel().forEach(number -> {
            float[] padded = padded(pictures, number, high, wide);
            float[] cut = new float[length];
            Arrays.fill(cut, 1);
            for (int place = 0; place < places; place++) {
                int corner = place / across * window.stride()[0] * wide + place % across * window.stride()[1];
                for (int y = 0; y < rows; y++) {
                    for (int line = 0; line < picture[0] * window.kernel()[0]; line++) { // of a patch
                        int row = line / window.kernel()[0] * high + y * down
                                + line % window.kernel()[0] * window.dilation()[0];
                        copy(padded, corner + row * wide, right, cut,
                                y * columns * (size + 1) + line * window.kernel()[1]);
                    }
                }
                all.put((place * n + number) * length, cut);
            }
        });
    }

    /** Copies one line of the patches beside each other. */
    private void copy(float[] from, int start, int right, float[] to, int at) {
        int length = window.kernel()[1];
        int dilation = window.dilation()[1];
        for (int x = 0; x < columns; x++) {
            for (int c = 0; c < length; c++) {
                to[at + x * (size + 1) + c] = from[start + x * right + c * dilation];
            }
        }
    }

    /** One picture with its padding, channel after channel. */
    private float[] padded(FloatBuffer pictures, int number, int high, int wide) {
        float[] padded = new float[picture[0] * high * wide];
        for (int line = 0; line < picture[0] * picture[1]; line++) {
            int row = line / picture[1] * high + line % picture[1] + window.padding()[0];
            pictures.get((number * picture[0] * picture[1] + line) * picture[2], padded,
                    row * wide + window.padding()[1], picture[2]);
        }
        return padded;
    }

    @Override
    INDArray backward(INDArray out, boolean wanted) {
        INDArray dConvolved = rows(out);
        if (places > 1) {
            route(numbers(dConvolved));
            dConvolved = convolved;
        }
        INDArray dJoined = array(5, filters, size + 1);
        multiply(dConvolved, true, patches, false, dJoined);
        own.dWeights().reshape('c', filters, size).assign(weights(dJoined));
        if (own.dBiases() != null) {
            own.dBiases().assign(dJoined.getColumn(size));
        }
        return null;
    }

    /**
     * Of the places of each window the first with the largest value gets the gradient, the others 0, in the place of
     * the values. They are compared as whole numbers, bit by bit, for which the processor needs no jump.
     */
    private void route(IntBuffer gradient) {
        IntBuffer values = numbers(convolved);
        IntBuffer most = numbers(largest);
        int length = (int) largest.length();
        IntStream.rangeClosed(0, (length - 1) / ROUTED).parallel().forEach(part -> {
            int at = part * ROUTED;
            int[] left = new int[Math.min(ROUTED, length - at)];
            int[] best = new int[left.length];
            int[] own = new int[left.length];
            gradient.get(at, left);
            most.get(at, best);
            for (int place = 0; place < places; place++) {
                values.get(place * length + at, own);
                for (int k = 0; k < own.length; k++) {
                    int difference = own[k] ^ best[k];
                    int differs = (difference | -difference) >> 31; // all bits 1, or all 0
                    own[k] = left[k] & ~differs;
                    left[k] &= differs;
                }
                values.put(place * length + at, own);
            }
        });
    }

    private static IntBuffer numbers(INDArray array) {
        return array.data().asNio().order(ByteOrder.nativeOrder()).asIntBuffer();
    }
}
