package siamese.data;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.io.Serializable;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.lang3.Validate;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What a Siamese network learns from: labelled examples of one shape, such as {@link LabeledImages}. */
public interface Examples extends Serializable {

    /** {@return the number of examples} */
    int size();

    /** {@return the number of classes} */
    int classes();

    /**
     * {@return the class of an example, 0 to {@code classes() - 1}}
     *
     * @param i the example, 0 to {@code size() - 1}
     * @throws IndexOutOfBoundsException if there is no such example
     */
    int label(int i);

    /** {@return where the examples come from, such as "MNIST, quick run"; shown in every chart and table} */
    String source();

    /** {@return 16 hexadecimal digits that are the same for the same examples with the same labels} */
    String fingerprint();

    /**
     * {@return the shape of one example: [channels, rows, columns] of pictures, [features, steps] of sequences,
     * [numbers] of vectors}
     */
    int[] shape();

    /**
     * {@return examples as numbers for the network: float, in 'c' order, shape [n, shape()…]; of pictures 0 (paper) to
     * 1 (ink)}
     *
     * @param indices the examples wanted, in this order; one may appear more than once
     * @throws IndexOutOfBoundsException if there is no such example
     */
    INDArray batch(int... indices);

    /**
     * {@return examples as {@link #batch(int...)} gives them, each varied at random}
     *
     * @param how what is varied, and how much; {@link Variation#NONE} is possible with all examples
     * @param random decides how each example is varied
     * @param indices the examples wanted, in this order; one that appears twice is varied twice
     * @throws IllegalArgumentException if these examples cannot be varied so
     * @throws IndexOutOfBoundsException if there is no such example
     */
    default INDArray batch(Variation how, RandomGenerator random, int... indices) {
        Validate.isTrue(how.equals(Variation.NONE), "how must be Variation.NONE for %s, whose examples are no "
                + "pictures, but is %s.", source(), how);
        return batch(indices);
    }

    /** {@return the classes of all examples} */
    default int[] labels() {
        return IntStream.range(0, size()).map(this::label).toArray();
    }

    /** {@return how many examples each class has; entry c is the count of class c} */
    default int[] classCounts() {
        int[] counts = new int[classes()];
        IntStream.of(labels()).forEach(label -> counts[label]++);
        return counts;
    }

    /** {@return for each class the indices of its examples in ascending order; entry c belongs to class c} */
    default int[][] indicesByClass() {
        IntArrayList[] indices = Stream.generate(IntArrayList::new).limit(classes()).toArray(IntArrayList[]::new);
        for (int i = 0; i < size(); i++) {
            indices[label(i)].add(i);
        }
        return Stream.of(indices).map(IntArrayList::toIntArray).toArray(int[][]::new);
    }
}
