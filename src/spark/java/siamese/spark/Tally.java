package siamese.spark;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.stream.Stream;
import org.apache.commons.collections4.IteratorUtils;
import siamese.evaluation.DistanceHistogram;
import siamese.evaluation.DistanceHistogram.Block;

/**
 * What is left of many pairs of points: how many lie at which distance, and the worst of them. Parts can be added in
 * any order; of pairs of one distance those of the first points come first.
 *
 * @param histogram the counts
 * @param most how many of the worst pairs of each kind are kept
 * @param similar the similar pairs that are farthest apart, the farthest first
 * @param dissimilar the dissimilar pairs that are nearest, the nearest first
 */
public record Tally(DistanceHistogram histogram, int most, List<Pair> similar, List<Pair> dissimilar)
        implements Serializable {

    private static final Comparator<Pair> NEAREST = Comparator.comparingDouble(Pair::distance)
            .thenComparingInt(Pair::first).thenComparingInt(Pair::second);
    private static final Comparator<Pair> FARTHEST = Comparator.<Pair>comparingDouble(pair -> -pair.distance)
            .thenComparingInt(Pair::first).thenComparingInt(Pair::second);

    /**
     * Two points.
     *
     * @param first the number of the one
     * @param second the number of the other
     * @param distance theirs, in single precision
     */
    public record Pair(int first, int second, float distance) implements Serializable {
    }

    /** How a task comes by blocks of points. */
    interface Source extends Serializable {

        /** {@return the points of a block} */
        Block block(int number);

        /** {@return the number of a block's first point; the others follow it} */
        int start(int number);
    }

    /** The pairs of some blocks of the distance matrix; see {@link DistanceHistogram#of}. */
    static Tally of(Iterator<int[]> tiles, Source source, int bins, double maxDistance, int most) {
        if (most == 0) {
            return new Tally(DistanceHistogram.of(tiles, source::block, bins, maxDistance), 0, List.of(), List.of());
        }
        Map<Integer, Block> held = new LinkedHashMap<>(4, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Integer, Block> eldest) {
                return size() > 2;
            }
        };
        Worst similar = new Worst(FARTHEST, -1, most);
        Worst dissimilar = new Worst(NEAREST, 1, most);
        Iterator<int[]> searched = IteratorUtils.transformedIterator(tiles, tile -> {
            search(held.computeIfAbsent(tile[0], source::block), held.computeIfAbsent(tile[1], source::block),
                    source.start(tile[0]), source.start(tile[1]), similar, dissimilar);
            return tile;
        });
        DistanceHistogram counts = DistanceHistogram.of(searched, held::get, bins, maxDistance);
        return new Tally(counts, most, similar.sorted(), dissimilar.sorted());
    }

    /**
     * Pairs one by one, each as a tile of two blocks of one point.
     *
     * @param pairs the numbers of two points, and 1 if they are similar, else 0
     */
    static Tally ofPairs(Iterator<int[]> pairs, Block[] blocks, int[] starts, int bins, double maxDistance, int most) {
        int[][] pair = new int[1][];
        int[] number = new int[1];
        Iterator<int[]> tiles = IteratorUtils.transformedIterator(pairs, next -> {
            pair[0] = next;
            return new int[] {number[0]++, number[0]++};
        });
        return of(tiles, new Source() {
            @Override
            public Block block(int n) {
                int at = Arrays.binarySearch(starts, start(n));
                int block = at < 0 ? -2 - at : at;
                int size = blocks[block].size();
                float[] point = new float[blocks[block].dimensions()];
                for (int k = 0; k < point.length; k++) {
                    point[k] = blocks[block].components()[k * size + start(n) - starts[block]];
                }
                return new Block(point, new int[] {n % 2 == 0 ? 1 : pair[0][2]});
            }

            @Override
            public int start(int n) {
                return pair[0][n % 2];
            }
        }, bins, maxDistance, most);
    }

    /** The distances are those that the histogram counts, to the bit: the same sums in the same order. */
    private static void search(Block a, Block b, int startA, int startB, Worst similar, Worst dissimilar) {
        float[] squares = new float[b.size()];
        for (int i = 0; i < a.size(); i++) {
            int from = a == b ? i + 1 : 0;
            Arrays.fill(squares, 0);
            for (int k = 0; k < a.dimensions(); k++) {
                add(a.components()[k * a.size() + i], b.components(), k * b.size(), squares);
            }
            int label = a.labels()[i];
            for (int j = from; j < squares.length; j++) {
                float distance = (float) Math.sqrt(squares[j]);
                (b.labels()[j] == label ? similar : dissimilar).show(startA + i, startB + j, distance);
            }
        }
    }

    private static void add(float x, float[] components, int offset, float[] squares) {
        for (int j = 0; j < squares.length; j++) {
            float d = x - components[offset + j];
            squares[j] += d * d;
        }
    }

    /** Keeps the worst of the pairs that it is shown; the order has the worst first, the sign of distances in it. */
    private static final class Worst {

        private final PriorityQueue<Pair> kept;
        private final Comparator<Pair> order;
        private final float sign;
        private final int most;
        private float limit = Float.POSITIVE_INFINITY;

        Worst(Comparator<Pair> order, float sign, int most) {
            kept = new PriorityQueue<>(order.reversed());
            this.order = order;
            this.sign = sign;
            this.most = most;
        }

        void show(int first, int second, float distance) {
            if (sign * distance <= limit) { // of millions few
                kept.add(new Pair(first, second, distance));
                if (kept.size() > most) {
                    kept.remove();
                }
                if (kept.size() == most) {
                    limit = sign * kept.element().distance;
                }
            }
        }

        List<Pair> sorted() {
            List<Pair> pairs = new ArrayList<>(kept);
            pairs.sort(order);
            return pairs;
        }
    }

    Tally plus(Tally other) {
        return new Tally(histogram.plus(other.histogram), most, worst(FARTHEST, similar, other.similar),
                worst(NEAREST, dissimilar, other.dissimilar));
    }

    private List<Pair> worst(Comparator<Pair> order, List<Pair> some, List<Pair> others) {
        return Stream.concat(some.stream(), others.stream()).sorted(order).limit(most).toList();
    }

    boolean hasBothKinds() {
        return histogram.similarPairs() > 0 && histogram.similarPairs() < histogram.pairs();
    }

    /** Writes counts.json, roc.csv and worst.csv; about what, and what each point is called. */
    void write(Storage.Output to, Map<String, Object> about, List<String> names) throws IOException {
        Map<String, Object> figures = new LinkedHashMap<>(about);
        figures.put("examples", names.size());
        figures.put("pairs", histogram.pairs());
        figures.put("similar_pairs", histogram.similarPairs());
        figures.put("dissimilar_pairs", histogram.pairs() - histogram.similarPairs());
        figures.put("bins", histogram.bins());
        figures.put("last_bin_ends_at", histogram.maxDistance());
        if (hasBothKinds()) {
            figures.put("area_under_roc_curve", histogram.auc());
            figures.put("area_error_at_most", histogram.aucError());
            figures.put("equal_error_rate", histogram.equalErrorRate());
            figures.put("equal_error_rate_error_at_most", histogram.equalErrorRateError());
            figures.put("threshold_at_equal_error_rate", histogram.equalErrorThreshold());
        }
        to.write("counts.json", new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(figures));
        to.write("roc.csv", bytes(roc()));
        List<String> worst = new ArrayList<>(List.of("similar,distance,first,second"));
        similar.forEach(pair -> worst.add("true," + line(pair, names)));
        dissimilar.forEach(pair -> worst.add("false," + line(pair, names)));
        to.write("worst.csv", bytes(worst));
    }

    /** The counts of each bin that is not empty, and the rates of what a threshold at its end accepts. */
    private List<String> roc() {
        List<String> lines = new ArrayList<>(List.of("bin,similar,dissimilar,threshold,true_accept_rate,"
                + "false_accept_rate"));
        long[] s = histogram.similar();
        long[] d = histogram.dissimilar();
        double positives = histogram.similarPairs();
        double negatives = histogram.pairs() - positives;
        long trueAccepts = 0;
        long falseAccepts = 0;
        for (int b = 0; b < s.length; b++) {
            trueAccepts += s[b];
            falseAccepts += d[b];
            if (s[b] + d[b] > 0) {
                lines.add(b + "," + s[b] + "," + d[b] + "," + (b + 1) * histogram.binWidth() + ","
                        + (positives > 0 ? trueAccepts / positives : "") + ","
                        + (negatives > 0 ? falseAccepts / negatives : ""));
            }
        }
        return lines;
    }

    private static byte[] bytes(List<String> lines) {
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static String line(Pair pair, List<String> names) {
        return pair.distance + "," + quoted(names.get(pair.first)) + "," + quoted(names.get(pair.second));
    }

    private static String quoted(String name) {
        return name.matches("(?s).*[\",\r\n].*") ? '"' + name.replace("\"", "\"\"") + '"' : name;
    }
}
