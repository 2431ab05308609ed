package siamese.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.commons.lang3.Validate;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.StatUtils;
import org.apache.commons.math3.util.MathArrays;
import siamese.model.Distance;

/**
 * How often new classes are told apart after one or a few examples of each: n-way k-shot classification. The evaluation
 * is made of episodes, each with its own n classes, k examples of each, and some queries to be assigned to one of the
 * classes.
 *
 * @param source name of the data, such as "MNIST"
 * @param accuracies the share of right answers in each episode, 0 to 1; at least one
 */
public record OneShot(String source, double[] accuracies) {

    /**
     * One small problem of classification.
     *
     * @param support the examples, k of each of the n classes
     * @param queries what is to be assigned to one of these classes; their labels are the right answers
     */
    public record Episode(Embeddings support, Embeddings queries) {

        /**
         * Checks that the two belong together.
         *
         * @throws IllegalArgumentException if they have different numbers of components
         */
        public Episode {
            Validate.isTrue(support.dimensions() == queries.dimensions(), "support and queries must come from the "
                    + "same space, but have %s and %s components.", support.dimensions(), queries.dimensions());
        }

        /**
         * {@return for each query the label of the example that is nearest; of several the first}
         *
         * @param distance of two embeddings
         */
        public int[] nearestExample(Distance distance) {
            return nearest(support.vectors(), support.labels(), distance);
        }

        /**
         * {@return for each query the label of the nearest prototype, which is the mean of a class's examples; of
         * several the lowest} With the cosine distance it is the mean of their directions. Prototypes: J. Snell, K.
         * Swersky and R. Zemel, "Prototypical Networks for Few-shot Learning" (arXiv:1703.05175).
         *
         * @param distance of two embeddings
         */
        public int[] nearestPrototype(Distance distance) {
            Embeddings points = distance == Distance.COSINE ? support.directions() : support;
            int[] classes = IntStream.of(points.labels()).distinct().sorted().toArray();
            double[][] prototypes = IntStream.of(classes).mapToObj(label -> {
                double[][] own = IntStream.range(0, points.size()).filter(i -> points.labels()[i] == label)
                        .mapToObj(i -> points.vectors()[i]).toArray(double[][]::new);
                return MathArrays.scale(1.0 / own.length, Arrays.stream(own).reduce(MathArrays::ebeAdd).orElseThrow());
            }).toArray(double[][]::new);
            return nearest(prototypes, classes, distance);
        }

        private int[] nearest(double[][] points, int[] labels, Distance distance) {
            return Arrays.stream(queries.vectors()).mapToInt(query -> {
                int best = 0;
                double least = Double.POSITIVE_INFINITY;
                for (int p = 0; p < points.length; p++) {
                    double d = distance.of(query, points[p]);
                    if (d < least) {
                        least = d;
                        best = p;
                    }
                }
                return labels[best];
            }).toArray();
        }
    }

    /**
     * Checks that there are accuracies.
     *
     * @throws IllegalArgumentException if there is none, or one is not 0 to 1
     */
    public OneShot {
        Objects.requireNonNull(source, "source");
        Validate.isTrue(accuracies.length != 0, "There are no episodes; draw at least one.");
        for (double accuracy : accuracies) {
            Validate.isTrue(accuracy >= 0 && accuracy <= 1, "accuracies must be 0 to 1, but one is %s.", accuracy);
        }
    }

    /**
     * {@return random episodes, each with classes of one group only, and one query of each class, which is not among
     * its examples}
     *
     * @param groups the points to draw from, such as one group for each alphabet; each episode takes the next group
     * @param way how many classes an episode has, at least 2
     * @param shot how many examples of each class, at least 1
     * @param episodes how many episodes, at least 1
     * @param random chooses
     * @throws IllegalArgumentException if a number is too small, or a group has too few classes with {@code shot + 1}
     *     points
     */
    public static List<Episode> draw(List<Embeddings> groups, int way, int shot, int episodes, Random random) {
        Validate.isTrue(!groups.isEmpty() && way >= 2 && shot >= 1 && episodes >= 1, "groups, shot and episodes must "
                + "be at least 1, and way at least 2, but are %s, %s, %s and %s.", groups.size(), shot, episodes, way);
        List<int[][]> classes = groups.stream().map(group -> members(group, shot + 1)).toList();
        for (int g = 0; g < groups.size(); g++) {
            Validate.isTrue(classes.get(g).length >= way, "%s has only %s classes with at least %s points, but %s are "
                    + "needed; leave it out or take a smaller way or shot.", groups.get(g).source(),
                    classes.get(g).length, shot + 1, way);
        }
        List<Episode> drawn = new ArrayList<>();
        for (int e = 0; e < episodes; e++) {
            int[][] members = classes.get(e % groups.size());
            int[] support = new int[way * shot];
            int[] queries = new int[way];
            int[] chosen = sample(members.length, way, random);
            for (int c = 0; c < way; c++) {
                int[] points = sample(members[chosen[c]].length, shot + 1, random);
                for (int k = 0; k < shot; k++) {
                    support[c * shot + k] = members[chosen[c]][points[k]];
                }
                queries[c] = members[chosen[c]][points[shot]];
            }
            Embeddings group = groups.get(e % groups.size());
            drawn.add(new Episode(select(group, support), select(group, queries)));
        }
        return drawn;
    }

    private static int[][] members(Embeddings points, int atLeast) {
        TreeMap<Integer, List<Integer>> byClass = IntStream.range(0, points.size()).boxed()
                .collect(Collectors.groupingBy(i -> points.labels()[i], TreeMap::new, Collectors.toList()));
        return byClass.values().stream().filter(members -> members.size() >= atLeast)
                .map(members -> members.stream().mapToInt(i -> i).toArray()).toArray(int[][]::new);
    }

    /** Different numbers below n, in random order. */
    private static int[] sample(int n, int count, Random random) {
        int[] all = IntStream.range(0, n).toArray();
        for (int i = 0; i < count; i++) {
            int j = i + random.nextInt(n - i);
            int swapped = all[i];
            all[i] = all[j];
            all[j] = swapped;
        }
        return Arrays.copyOf(all, count);
    }

    private static Embeddings select(Embeddings points, int[] indices) {
        return new Embeddings(Arrays.stream(indices).mapToObj(i -> points.vectors()[i]).toArray(double[][]::new),
                Arrays.stream(indices).map(i -> points.labels()[i]).toArray(), points.source());
    }

    /**
     * {@return how well a rule does}
     *
     * @param source name of the data
     * @param episodes at least one
     * @param rule gives an answer for each query, such as {@code e -> e.nearestPrototype(Distance.EUCLIDEAN)}
     * @throws IllegalArgumentException if there is no episode, or the rule gives another number of answers
     */
    public static OneShot of(String source, List<Episode> episodes, Function<Episode, int[]> rule) {
        return new OneShot(source, episodes.stream().mapToDouble(episode -> {
            int[] answers = rule.apply(episode);
            int[] right = episode.queries.labels();
            Validate.isTrue(answers.length == right.length, "rule must give one answer a query, so %s, but gave %s.",
                    right.length, answers.length);
            return IntStream.range(0, right.length).filter(q -> answers[q] == right[q]).count() / (double) right.length;
        }).toArray());
    }

    /** {@return the mean accuracy of the episodes, 0 to 1} */
    public double accuracy() {
        return StatUtils.mean(accuracies);
    }

    /**
     * {@return half the width of the 95 % interval of the accuracy: Student's t times the standard error of the mean
     * over the episodes} The answers within an episode depend on each other, so the episode is what counts as one
     * observation. NaN if there is one episode only.
     */
    public double halfWidth() {
        if (accuracies.length < 2) {
            return Double.NaN;
        }
        double t = new TDistribution(null, accuracies.length - 1.0).inverseCumulativeProbability(0.975);
        return t * Math.sqrt(StatUtils.variance(accuracies) / accuracies.length);
    }

    @Override
    public String toString() {
        return String.format("%s: %.1f %% ± %.1f %% right in %,d episodes", source, 100 * accuracy(), 100 * halfWidth(),
                accuracies.length);
    }
}
