package siamese.model;

import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;

/**
 * The window that a convolution or a pooling slides over a picture; every array has rows first and then columns.
 *
 * @param kernel its size
 * @param stride how far it moves
 * @param padding empty rows and columns around the picture, on each side
 * @param dilation the distance between the places that it reads
 * @param same whether the picture is padded as it needs so that the output has the input's size divided by the stride
 */
record Window(int[] kernel, int[] stride, int[] padding, int[] dilation, boolean same) {

    static final Window ONE_PLACE =
            new Window(new int[] {1, 1}, new int[] {1, 1}, new int[] {0, 0}, new int[] {1, 1}, false);

    static Window of(ConvolutionLayer layer) {
        return of(layer.getKernelSize(), layer.getStride(), layer.getPadding(), layer.getDilation(),
                layer.getConvolutionMode(), layer instanceof Convolution1DLayer);
    }

    static Window of(SubsamplingLayer layer) {
        return of(layer.getKernelSize(), layer.getStride(), layer.getPadding(), layer.getDilation(),
                layer.getConvolutionMode(), layer instanceof Subsampling1DLayer);
    }

    /** What slides along a sequence slides over a picture of one column. */
    private static Window of(int[] kernel, int[] stride, int[] padding, int[] dilation, ConvolutionMode mode,
            boolean sequence) {
        boolean same = mode == ConvolutionMode.Same;
        return sequence ? new Window(new int[] {kernel[0], 1}, new int[] {stride[0], 1}, new int[] {padding[0], 0},
                new int[] {dilation[0], 1}, same) : new Window(kernel, stride, padding, dilation, same);
    }

    boolean isPadded() {
        return same || padding[0] > 0 || padding[1] > 0;
    }

    boolean isDilated() {
        return dilation[0] > 1 || dilation[1] > 1;
    }

    /** Whether the windows lie beside each other. */
    boolean tiles() {
        return !isPadded() && kernel[0] == stride[0] && kernel[1] == stride[1] && !isDilated();
    }

    /** {@return how long the output is along an axis (0 rows, 1 columns) of an input so long} */
    int output(int axis, long input) {
        return (int) (same ? (input + stride[axis] - 1) / stride[axis]
                : (input + 2L * padding[axis] - reach(axis)) / stride[axis] + 1);
    }

    /** {@return how much of the input an output so long needs, without padding} */
    int input(int axis, int output) {
        return (output - 1) * stride[axis] + reach(axis);
    }

    private int reach(int axis) {
        return (kernel[axis] - 1) * dilation[axis] + 1;
    }

    /** As the native operations read it. */
    int[] arguments(int... last) {
        return new int[] {kernel[0], kernel[1], stride[0], stride[1], padding[0], padding[1], dilation[0], dilation[1],
            same ? 1 : 0, last[0], last[1]};
    }
}
