package siamese.spark;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import siamese.data.Channels;
import siamese.data.LabeledImages;
import siamese.data.Mnist;
import siamese.data.RunSize;
import siamese.evaluation.DistanceHistogram;
import siamese.model.Distance;
import siamese.model.SiameseNetwork;

/**
 * What spark-submit starts: counts all pairs of pictures by the distances of their embeddings, for any saved network
 * that reads pictures, on whatever master it names.
 */
public final class Submission {

    private static final String USAGE = "Usage: spark-submit … --class siamese.spark.Submission JAR NETWORK.zip "
            + "COUNTS.csv [--folder PICTURES | --idx IMAGES LABELS] [--storage FOLDER] [--most DISTANCE]";

    private final Path network;
    private final Path counts;
    private Path folder;
    private Path[] idx;
    private String storage;
    private double most;

    private Submission(String[] args) {
        List<String> plain = new ArrayList<>();
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--folder" -> folder = Path.of(value(args, ++i, "a folder with one subfolder a class"));
                case "--idx" -> idx = new Path[] {Path.of(value(args, ++i, "two files, images and labels")),
                    Path.of(value(args, ++i, "two files, images and labels"))};
                case "--storage" -> storage = value(args, ++i, "a folder that all workers see");
                case "--most" -> most = distance(value(args, ++i, "a distance"));
                default -> plain.add(args[i]);
            }
        }
        plain.stream().filter(arg -> arg.startsWith("--")).findFirst().ifPresent(arg -> {
            throw new IllegalArgumentException("There is no option " + arg + ". " + USAGE);
        });
        if (plain.size() != 2) {
            throw new IllegalArgumentException(USAGE);
        }
        if (folder != null && idx != null) {
            throw new IllegalArgumentException("--folder and --idx both say which pictures; give one of them.");
        }
        network = Path.of(plain.get(0));
        counts = Path.of(plain.get(1)).toAbsolutePath();
        if (Files.isDirectory(counts) || !Files.isDirectory(counts.getParent())) {
            throw new IllegalArgumentException("COUNTS.csv must be a file in a folder that is there, but is " + counts
                    + ".");
        }
    }

    private static String value(String[] args, int i, String what) {
        if (i >= args.length || args[i].startsWith("--")) {
            throw new IllegalArgumentException((i >= args.length ? "At the end" : "Before " + args[i]) + ", " + what
                    + " is missing. " + USAGE);
        }
        return args[i];
    }

    private static double distance(String text) {
        try {
            double value = Double.parseDouble(text);
            DistanceHistogram.check(1, value);
            return value;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--most must be a distance greater than 0, but is " + text + ".", e);
        }
    }

    /**
     * Counts all pairs of MNIST's test images, of a folder of pictures, or of two IDX files.
     *
     * @param args a saved network; a file for the counts, one line for each bin that is not empty; {@code --folder} and
     *     a folder as {@link LabeledImages#ofFolder} reads it, at the size and in the channels that the network reads;
     *     or {@code --idx} and two files, images and labels; {@code --storage} and a folder that all workers see, if
     *     the embeddings are to go through it; {@code --most} and where the last bin ends: if left out 4, or 2, the
     *     most there is, where a network compares by the cosine
     */
    public static void main(String[] args) {
        System.exit(run(args, System.out, System.err));
    }

    /** 0 if all went well, 2 if the arguments are wrong, 1 if something else is. */
    static int run(String[] args, PrintStream out, PrintStream err) {
        Submission given;
        try {
            given = new Submission(args);
        } catch (InvalidPathException e) {
            err.println(e.getInput() + " is no name of a file or folder. " + USAGE);
            return 2;
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            return 2;
        }
        try {
            given.count(out);
            return 0;
        } catch (IOException | RuntimeException e) {
            err.println(e.getMessage());
            return 1;
        }
    }

    private void count(PrintStream out) throws IOException {
        SiameseNetwork loaded = SiameseNetwork.load(network);
        LabeledImages images = images(loaded.base().input().getShape());
        loaded.embed(images, 0); // complains before Spark starts
        try (Cluster cluster = Cluster.of(System.getProperty("spark.master", "local[2]"))) {
            SparkEvaluation usual = SparkEvaluation.of(cluster);
            double end = most > 0 ? most : loaded.distance() == Distance.COSINE ? 2 : usual.maxDistance();
            SparkEvaluation evaluation = new SparkEvaluation(cluster, usual.bins(), end, usual.rows(), usual.tasks());
            if (storage != null) {
                evaluation.store(loaded, images, storage);
            }
            write(storage != null ? evaluation.stored(storage) : evaluation.broadcast(loaded, images), images, out);
        }
    }

    private LabeledImages images(long[] shape) throws IOException {
        if (idx != null) {
            return LabeledImages.ofIdx(idx[0], idx[1], idx[0].getFileName().toString());
        }
        if (folder == null) {
            return RunSize.current().of(Mnist.load()).test();
        }
        Channels channels = Stream.of(Channels.values()).filter(c -> shape.length == 3 && c.count() == shape[0])
                .findFirst().orElseThrow(() -> new IllegalArgumentException("The network of " + network
                        + " reads neither grey nor coloured pictures, so none of " + folder + " can be shown to it."));
        return LabeledImages.ofFolder(folder, (int) shape[1], (int) shape[2], channels);
    }

    private void write(DistanceHistogram histogram, LabeledImages images, PrintStream out) throws IOException {
        long[] similar = histogram.similar();
        long[] dissimilar = histogram.dissimilar();
        int last = histogram.bins() - 1;
        Files.write(counts, Stream.concat(Stream.of("bin,similar,dissimilar"), IntStream.rangeClosed(0, last)
                .filter(b -> similar[b] + dissimilar[b] > 0)
                .mapToObj(b -> b + "," + similar[b] + "," + dissimilar[b])).toList());
        if (similar[last] + dissimilar[last] > 0) {
            out.printf("%,d pairs are in the last bin, which has all from there on; --most with more than %s tells "
                    + "them apart.%n", similar[last] + dissimilar[last], histogram.maxDistance());
        }
        out.println(images + ": " + histogram + ", equal error rate " + histogram.equalErrorRate());
    }
}
