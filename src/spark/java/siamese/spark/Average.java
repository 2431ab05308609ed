package siamese.spark;

import java.io.Serializable;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import siamese.model.SiameseNetwork;

/**
 * The mean of the states of some shards, the same to the bit in whatever order they arrive: always the same neighbours
 * are added, as in a tournament. The sum of a node (level, index) is that of the shards from index · 2^level on,
 * 2^level of them.
 */
final class Average implements Serializable {

    private static final long serialVersionUID = 1;

    private record Node(int level, int index) implements Serializable {

        int first() {
            return index << level;
        }
    }

    private final Map<Node, float[]> sums = new HashMap<>();

    private Average() {
    }

    /** The state of one shard: weights, moments, loss in one array. */
    static Average of(int shard, SiameseNetwork.State state) {
        int n = state.weights().length;
        float[] values = new float[3 * n + 1];
        System.arraycopy(state.weights(), 0, values, 0, n);
        System.arraycopy(state.moments(), 0, values, n, 2 * n);
        values[3 * n] = (float) state.loss();
        Average average = new Average();
        average.sums.put(new Node(0, shard), values);
        return average;
    }

    Average plus(Average other) {
        Average sum = new Average();
        sum.sums.putAll(sums);
        other.sums.forEach(sum::add);
        return sum;
    }

    private void add(Node node, float[] values) {
        Node sibling = new Node(node.level, node.index ^ 1);
        float[] there = sums.remove(sibling);
        if (there == null) {
            sums.put(node, values);
        } else {
            add(new Node(node.level + 1, node.index >> 1), sum(there, values));
        }
    }

    private static float[] sum(float[] a, float[] b) { // a + b = b + a, to the bit
        float[] c = a.clone();
        for (int i = 0; i < c.length; i++) {
            c[i] += b[i];
        }
        return c;
    }

    SiameseNetwork.State mean(int shards, int steps) {
        float[] total = sums.entrySet().stream().sorted(Comparator.comparing(e -> e.getKey().first()))
                .map(Map.Entry::getValue).reduce(Average::sum).orElseThrow();
        int n = total.length / 3;
        float[] weights = new float[n];
        float[] moments = new float[2 * n];
        for (int i = 0; i < n; i++) {
            weights[i] = total[i] / shards;
        }
        for (int i = 0; i < 2 * n; i++) {
            moments[i] = total[n + i] / shards;
        }
        return new SiameseNetwork.State(weights, moments, steps, total[3 * n] / shards);
    }
}
