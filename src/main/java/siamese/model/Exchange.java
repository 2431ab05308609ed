package siamese.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * How processes take a step of a training together. A batch is cut into parts, and each process embeds some of them.
 * All tell each other their embeddings, compute the same loss of all pairs, propagate the gradient back for their own
 * parts, tell each other the sums, and take the same step.
 *
 * <p>The gradients of the parts are always added up between the same neighbours, as in a tournament. So the result
 * depends on the number of parts, and not on the number of processes, to the bit, if all compute with the same number
 * of threads on processors of one type. With another number of parts the last bits differ: sums have another order.
 *
 * @param parts into how many parts a batch is cut: a power of two
 * @param processes how many share the work: a power of two, at most {@code parts}
 * @param process which of them this is, 0 to {@code processes} − 1
 * @param gather tells all processes an array and returns those of all of them, in their order; called by all equally
 *     often, and never by a process that is alone
 */
public record Exchange(int parts, int processes, int process, Function<float[], float[][]> gather) {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public Exchange {
        if (Integer.bitCount(parts) != 1 || parts < 1 || Integer.bitCount(processes) != 1 || processes < 1
                || processes > parts || process < 0 || process >= processes) {
            throw new IllegalArgumentException("parts and processes must be powers of two, such as 1, 2, 4 or 8, and "
                    + "there must be no more processes than parts, but they are " + parts + " and " + processes + ".");
        }
    }

    /**
     * {@return one process that computes all parts, one after another}
     *
     * @param parts into how many parts a batch is cut: a power of two
     * @throws IllegalArgumentException if it is none
     */
    public static Exchange alone(int parts) {
        return new Exchange(parts, 1, 0, own -> new float[][] {own});
    }

    /** {@return the first row of a part, of a batch of n; where the part before ends} */
    int start(int part, long n) {
        return (int) (n * part / parts);
    }

    private IntStream own() {
        return IntStream.range(process * (parts / processes), (process + 1) * (parts / processes));
    }

    /** {@return the rows of all parts, from a function that computes those of one} */
    INDArray rows(IntFunction<INDArray> ofPart) {
        return parts == 1 ? ofPart.apply(0) : joined(all(joined(own()
                .mapToObj(part -> ofPart.apply(part).dup('c')).toList())));
    }

    /** {@return the sum over all parts, from a function that computes the term of one} */
    INDArray sum(IntFunction<INDArray> ofPart) {
        if (parts == 1) {
            return ofPart.apply(0);
        }
        List<INDArray> terms = new ArrayList<>();
        own().map(part -> (2 * process + 1) * parts / processes - 1 - part) // the last first: it went forward last
                .forEach(part -> terms.add(0, ofPart.apply(part).dup()));
        return sum(all(sum(terms)));
    }

    private static INDArray joined(List<INDArray> rows) {
        return Nd4j.concat(0, rows.toArray(INDArray[]::new));
    }

    private static INDArray sum(List<INDArray> terms) {
        List<INDArray> left = terms;
        while (left.size() > 1) {
            List<INDArray> last = left;
            left = IntStream.range(0, last.size() / 2).mapToObj(k -> last.get(2 * k).add(last.get(2 * k + 1))).toList();
        }
        return left.get(0);
    }

    private List<INDArray> all(INDArray own) {
        return processes == 1 ? List.of(own) : Arrays.stream(gather.apply(own.dup('c').data().asFloat()))
                .map(Nd4j::createFromArray)
                .map(values -> own.rank() == 1 ? values : values.reshape('c', -1, own.size(1))).toList();
    }
}
