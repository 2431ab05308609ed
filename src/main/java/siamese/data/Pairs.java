package siamese.data;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.BitSet;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.apache.commons.lang3.Validate;

/**
 * Pairs of images as indices into one set of images: pair p joins image {@code first[p]} with image {@code second[p]},
 * and {@code similar[p]} says whether both show the same class. The 108,400 training pairs of the overview take 1 MB
 * so, instead of the 680 MB that copies of their pixels would take. The arrays are not copied and must not change.
 *
 * @param examples what the indices point into, such as a set of images
 * @param first index of each pair's first image
 * @param second index of each pair's second image
 * @param similar whether each pair shows one class
 */
public record Pairs(Examples examples, int[] first, int[] second, boolean[] similar) {

    private static final int FOLD_BLOCK = 20;

    /**
     * Checks that the arrays agree with each other and with the examples.
     *
     * @throws IllegalArgumentException if the arrays differ in length, or an index points outside {@code examples}
     */
    public Pairs {
        Validate.isTrue(first.length == second.length && first.length == similar.length, "first, second and similar "
                + "must have one entry a pair, but have %s, %s and %s.", first.length, second.length, similar.length);
        for (int p = 0; p < first.length; p++) {
            if (Math.min(first[p], second[p]) < 0 || Math.max(first[p], second[p]) >= examples.size()) {
                throw new IllegalArgumentException("Pair " + p + " joins the examples " + first[p] + " and " + second[p]
                        + ", but there are only " + examples.size() + "; were the pairs made from other ones?");
            }
        }
    }

    /**
     * Creates the overview's pairs. With n = (size of the smallest class) − 1, each class d contributes, for i from 0
     * to n − 1, a similar pair (d[i], d[i+1]) and then a dissimilar pair (d[i], e[i]), where e is one of the other
     * classes, drawn at random. On MNIST n is 5,420 for the training images (108,400 pairs) and 891 for the test images
     * (17,820 pairs). Where more than half of the examples remain unused, a line on standard output says so.
     *
     * @param examples what to pair, such as images; every class needs at least two
     * @param random where the other classes are drawn from
     * @return {@code 2 * n * examples.classes()} pairs, similar and dissimilar in turn
     * @throws IllegalArgumentException if a class has fewer than two examples
     */
    public static Pairs create(Examples examples, RandomGenerator random) {
        int[][] byClass = examples.indicesByClass();
        int classes = byClass.length;
        int n = positions(examples);
        int unused = examples.size() - (n + 1) * classes;
        if (unused > examples.size() / 2) {
            System.out.println("Note: only " + 2 * n * classes + " pairs are made, as the smallest class has but "
                    + (n + 1) + " examples and each class gives no more than it; " + unused + " of " + examples.size()
                    + " examples are in no pair. Add to the small classes, or leave them out.");
        }
        int[] first = new int[2 * n * classes];
        int[] second = new int[first.length];
        boolean[] similar = new boolean[first.length];
        int p = 0;
        for (int d = 0; d < classes; d++) {
            for (int i = 0; i < n; i++) {
                int e = (d + random.nextInt(1, classes)) % classes;
                first[p] = byClass[d][i];
                second[p] = byClass[d][i + 1];
                similar[p++] = true;
                first[p] = byClass[d][i];
                second[p++] = byClass[e][i];
            }
        }
        return new Pairs(examples, first, second, similar);
    }

    /**
     * {@return the overview's pairs, the same for the same seed}
     *
     * @param examples what to pair, such as images; every class needs at least two
     * @param seed of the random choice of the other classes
     * @throws IllegalArgumentException if a class has fewer than two examples
     * @see #create(Examples, RandomGenerator)
     */
    public static Pairs create(Examples examples, long seed) {
        return create(examples, new SplittableRandom(seed));
    }

    /** {@return the number of pairs} */
    public int size() {
        return first.length;
    }

    /** {@return the number of similar pairs} */
    public int similarCount() {
        return (int) IntStream.range(0, similar.length).filter(p -> similar[p]).count();
    }

    /** {@return where the images come from, such as "MNIST, quick run"} */
    public String source() {
        return examples.source();
    }

    /**
     * {@return the examples as pictures}
     *
     * @throws IllegalStateException if they are none
     */
    public LabeledImages images() {
        if (examples instanceof LabeledImages images) {
            return images;
        }
        throw new IllegalStateException("The pairs of " + source()
                + " join no pictures; use examples() in place of images().");
    }

    /** {@return the indices of all examples that appear in a pair, ascending, each once} */
    public int[] distinctImages() {
        return IntStream.concat(IntStream.of(first), IntStream.of(second))
                .collect(BitSet::new, BitSet::set, BitSet::or).stream().toArray();
    }

    /**
     * {@return the same pairs in an order in which pairs that share images stand together}
     *
     * <p>Images are numbered within their class, and the pairs come in the order of their first image's number. Of the
     * pairs that {@link #create(Examples, RandomGenerator)} makes, those of one number i join image i of each class
     * with image i + 1 of that class and with image i of another, so that k · 2 · classes pairs that follow one another
     * need only (k + 1) · classes images.
     */
    public Pairs neighboursTogether() {
        int[] number = numbers();
        int[] order = IntStream.range(0, first.length).toArray();
        IntArrays.stableSort(order, (p, q) -> Integer.compare(number[first[p]], number[first[q]]));
        boolean[] sorted = new boolean[order.length];
        for (int p = 0; p < order.length; p++) {
            sorted[p] = similar[order[p]];
        }
        return new Pairs(examples, IntStream.of(order).map(p -> first[p]).toArray(),
                IntStream.of(order).map(p -> second[p]).toArray(), sorted);
    }

    /**
     * {@return these pairs for cross-validation: the fold of each pair, 0 to k − 1, or −1 for a pair whose two images
     * lie in different folds and which therefore must be left out}
     *
     * <p>Images are numbered within their class, and the numbers are cut into blocks of {@value #FOLD_BLOCK}, the same
     * for all classes: one fold a tenth of the file would measure the file's order, and images dealt one by one would
     * tear nearly all of the overview's pairs apart. Whole blocks are dealt to the folds in an order drawn with the
     * seed; what lies beyond the smallest class's last whole block goes through the blocks again. Of the overview's
     * 17,820 test pairs and ten folds about 98 % stay.
     *
     * @param k the number of folds, at least 2
     * @param seed of the draw
     * @throws IllegalArgumentException if k is less than 2, or more than there are blocks in the smallest class
     */
    public int[] folds(int k, long seed) {
        int blocks = (positions(examples) + 1) / FOLD_BLOCK;
        Validate.isTrue(k >= 2 && k <= blocks, "k must be at least 2 and at most %s, the number of blocks of %s "
                + "examples in the smallest class, but is %s.", blocks, FOLD_BLOCK, k);
        int[] order = IntArrays.shuffle(IntStream.range(0, blocks).toArray(), random(seed));
        int[] foldOfBlock = new int[blocks];
        IntStream.range(0, blocks).forEach(j -> foldOfBlock[order[j]] = j % k);
        int[] folds = IntStream.of(numbers()).map(number -> foldOfBlock[number / FOLD_BLOCK % blocks]).toArray();
        return IntStream.range(0, first.length)
                .map(p -> folds[first[p]] == folds[second[p]] ? folds[first[p]] : -1).toArray();
    }

    /** {@return a generator for a draw; of near seeds {@link Random} by itself makes like draws} */
    static Random random(long seed) {
        return new Random(new SplittableRandom(seed).nextLong());
    }

    /** The number of each image within its class. */
    private int[] numbers() {
        int[] numbers = new int[examples.size()];
        for (int[] members : examples.indicesByClass()) {
            for (int number = 0; number < members.length; number++) {
                numbers[members[number]] = number;
            }
        }
        return numbers;
    }

    /** n of the overview's recipe: one less than the size of the smallest class. */
    private static int positions(Examples examples) {
        int[] counts = examples.classCounts();
        int fewest = IntStream.of(counts).min().orElseThrow();
        Validate.isTrue(fewest >= 2, "examples has %s of class %s, but pairs need at least two of every class; add "
                + "some, or leave that class out.", fewest, IntArrayList.wrap(counts).indexOf(fewest));
        return fewest - 1;
    }

    @Override
    public String toString() {
        return String.format("%s: %,d pairs, %,d similar and %,d dissimilar", source(), size(), similarCount(),
                size() - similarCount());
    }
}
