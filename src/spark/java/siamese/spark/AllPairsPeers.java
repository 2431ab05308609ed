package siamese.spark;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import siamese.evaluation.DistanceHistogram.Block;

/** What the counting of all pairs is compared with on the same machine: a plain loop, and NumPy. */
public final class AllPairsPeers {

    private AllPairsPeers() {
    }

    /**
     * How one of them did.
     *
     * @param name which
     * @param pairs how many it counted
     * @param seconds how long it took
     * @param equalErrorRate to the width of a bin
     */
    public record Result(String name, long pairs, double seconds, double equalErrorRate) {

        /** {@return pairs a second} */
        public double pairsPerSecond() {
            return pairs / seconds;
        }
    }

    /**
     * {@return what a loop over all pairs does that nobody has thought about: one thread, one pair after the other, one
     * component after the other}
     *
     * @param points all of them
     * @param bins how many, at least 1
     * @param maxDistance where the last bin ends
     */
    public static Result plainLoop(Block points, int bins, double maxDistance) {
        int n = points.size();
        int d = points.dimensions();
        float[][] vectors = new float[n][d];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < d; k++) {
                vectors[i][k] = points.components()[k * n + i];
            }
        }
        long[][] counts = new long[2][bins];
        long start = System.nanoTime();
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                double sum = 0;
                for (int k = 0; k < d; k++) {
                    double difference = vectors[i][k] - vectors[j][k];
                    sum += difference * difference;
                }
                int bin = (int) Math.min(bins - 1, Math.sqrt(sum) * bins / maxDistance);
                counts[points.labels()[i] == points.labels()[j] ? 0 : 1][bin]++;
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        return new Result("plain Java loop, one thread", n * (n - 1L) / 2, seconds, equalErrorRate(counts));
    }

    private static double equalErrorRate(long[][] counts) {
        double similar = Arrays.stream(counts[0]).sum();
        double dissimilar = Arrays.stream(counts[1]).sum();
        double accepted = 0;
        double falseAccepts = 0;
        int bin = 0;
        while (bin < counts[0].length && (bin == 0 || falseAccepts / dissimilar < 1 - accepted / similar)) {
            accepted += counts[0][bin];
            falseAccepts += counts[1][bin];
            bin++;
        }
        return (falseAccepts / dissimilar + 1 - accepted / similar) / 2;
    }

    /**
     * {@return what NumPy does, blocks of 1,000 rows by matrix products, on all processors: src/spark/all_pairs.py}
     *
     * @param blocks all points
     * @param bins how many, at least 1
     * @param maxDistance where the last bin ends
     * @throws IOException if the Python of {@code SIAMESE_PYTHON} or its NumPy cannot be started, in one sentence
     * @throws InterruptedException if the thread is interrupted
     */
    public static Result numPy(List<Block> blocks, int bins, double maxDistance)
            throws IOException, InterruptedException {
        String python = System.getenv("SIAMESE_PYTHON");
        Path script = script();
        if (python == null || script == null) {
            throw new IOException("SIAMESE_PYTHON does not name a Python with NumPy, or src/spark/all_pairs.py is not "
                    + "above this folder; start the notebook with python3 course.py run 11 "
                    + "or python3 course.py lab --spark.");
        }
        Path points = Files.createTempFile("points", ".bin");
        try {
            write(points, blocks);
            Process process = new ProcessBuilder(python, script.toString(), points.toString(), "" + bins,
                    "" + maxDistance).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (process.waitFor() != 0) {
                throw new IOException("NumPy could not count the pairs: "
                        + said.lines().reduce("", (first, last) -> last) + ".");
            }
            String[] words = said.split(" ");
            return new Result("NumPy " + words[4], Long.parseLong(words[1]) + Long.parseLong(words[2]),
                    Double.parseDouble(words[0]), Double.parseDouble(words[3]));
        } finally {
            Files.deleteIfExists(points);
        }
    }

    private static Path script() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("src/spark/all_pairs.py"))) {
                return folder.resolve("src/spark/all_pairs.py");
            }
        }
        return null;
    }

    private static void write(Path file, List<Block> blocks) throws IOException {
        int n = blocks.stream().mapToInt(Block::size).sum();
        int d = blocks.get(0).dimensions();
        ByteBuffer bytes = ByteBuffer.allocate(4 * (2 + n + n * d)).order(ByteOrder.LITTLE_ENDIAN).putInt(n).putInt(d);
        for (Block block : blocks) {
            for (int label : block.labels()) {
                bytes.putInt(label);
            }
        }
        for (int k = 0; k < d; k++) {
            for (Block block : blocks) {
                for (int i = 0; i < block.size(); i++) {
                    bytes.putFloat(block.components()[k * block.size() + i]);
                }
            }
        }
        Files.write(file, bytes.array());
    }
}
