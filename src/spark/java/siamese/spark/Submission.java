package siamese.spark;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.lang3.Validate;
import org.apache.spark.api.java.JavaRDD;
import siamese.data.Channels;
import siamese.data.LabeledImages;
import siamese.data.Mnist;
import siamese.data.Pictures;
import siamese.data.RunSize;
import siamese.evaluation.DistanceHistogram;
import siamese.evaluation.DistanceHistogram.Block;
import siamese.evaluation.Embeddings;
import siamese.model.Distance;
import siamese.model.History;
import siamese.model.Recipe;
import siamese.model.SiameseNetwork;
import siamese.model.TrainingListener;

/**
 * What spark-submit starts: compares examples of yours by the distances of their embeddings, all pairs or those of a
 * file, for any saved network that reads pictures or for embeddings made elsewhere, or trains such a network, on
 * whatever master it names. What it writes is a folder that is there as a whole or not at all.
 */
public final class Submission {

    private static final String USAGE = "Usage: spark-submit … --class siamese.spark.Submission JAR NETWORK.zip "
            + "OUTPUT [--folder PICTURES | --idx IMAGES LABELS] [--pairs FILE] [--worst N] [--storage FOLDER] "
            + "[--most DISTANCE] [--tasks N] [--keep-embeddings] [--dry-run]; or OUTPUT --embeddings PARQUET with the "
            + "same options; or NETWORK.zip OUTPUT --train EPOCHS [--parts N | --shards N] [--interval STEPS] "
            + "[--checkpoint FILE]";
    private static final String TWO_FILES = "two files, images and labels";

    /** What follows each option; nothing follows a switch. */
    private static final Map<String, String> OPTIONS = Map.ofEntries(
            Map.entry("--folder", "a folder with one subfolder a class"), Map.entry("--idx", TWO_FILES),
            Map.entry("--embeddings", "a Parquet file or folder"), Map.entry("--pairs", "a CSV or Parquet file"),
            Map.entry("--worst", "a number"), Map.entry("--storage", "a folder that all workers see"),
            Map.entry("--most", "a distance"), Map.entry("--tasks", "a number"), Map.entry("--keep-embeddings", ""),
            Map.entry("--dry-run", ""), Map.entry("--train", "a number of epochs"), Map.entry("--parts", "a number"),
            Map.entry("--shards", "a number"), Map.entry("--interval", "a number of steps"),
            Map.entry("--checkpoint", "a file"));
    /** Options that exclude each other, and why. */
    private static final List<List<String>> EXCLUDED = List.of(
            List.of("--folder", "--idx", "both say which pictures"),
            List.of("--folder", "--embeddings", "both say what to compare"),
            List.of("--idx", "--embeddings", "both say what to compare"),
            List.of("--train", "--embeddings", "do not go together, for a network learns from pictures"),
            List.of("--train", "--pairs", "do not go together, for a network learns from classes"),
            List.of("--parts", "--shards", "are two ways of training"),
            List.of("--storage", "--pairs", "do not go together, for pairs are looked up among broadcast embeddings"),
            List.of("--storage", "--keep-embeddings", "do not go together, for the one keeps them already"));

    private final Map<String, String> given = new HashMap<>();
    private final String network;
    private final String output;
    private String idxLabels;

    /** What is compared, or learned from: pictures, or embeddings made elsewhere; and what each example is called. */
    private record Examples(LabeledImages images, Embeddings points, List<String> names) {

        int classes() {
            return images != null ? images.classes() : (int) IntStream.of(points.labels()).distinct().count();
        }

        @Override
        public String toString() {
            return images != null ? images.toString() : points + " in " + classes() + " classes";
        }
    }

    private Submission(String[] args) {
        List<String> plain = new ArrayList<>();
        for (int i = 0; i < args.length; i++) {
            String what = OPTIONS.get(args[i]);
            if (what == null && args[i].startsWith("--")) {
                throw new IllegalArgumentException("There is no option " + args[i] + ". " + USAGE);
            } else if (what == null) {
                plain.add(args[i]);
            } else {
                String option = args[i];
                given.put(option, what.isEmpty() ? "" : value(args, ++i, what));
                idxLabels = what.equals(TWO_FILES) ? value(args, ++i, what) : idxLabels;
            }
        }
        if (plain.size() != (has("--embeddings") ? 1 : 2)) {
            throw new IllegalArgumentException(USAGE);
        }
        EXCLUDED.forEach(no -> Validate.isTrue(!has(no.get(0)) || !has(no.get(1)), "%s and %s %s; give one of them.",
                no.toArray()));
        network = has("--embeddings") ? null : plain.get(0);
        output = plain.get(plain.size() - 1);
        List.of("--tasks", "--train", "--parts", "--shards", "--interval").forEach(option -> number(option, 1, 1));
        number("--worst", 0, 0);
        most(0);
    }

    private static String value(String[] args, int i, String what) {
        if (i >= args.length || args[i].startsWith("--")) {
            throw new IllegalArgumentException((i >= args.length ? "At the end" : "Before " + args[i]) + ", " + what
                    + " is missing. " + USAGE);
        }
        return args[i];
    }

    private boolean has(String option) {
        return given.containsKey(option);
    }

    private int number(String option, int usual, int least) {
        String text = given.getOrDefault(option, "" + usual);
        Validate.isTrue(text.matches("\\d{1,9}") && Integer.parseInt(text) >= least,
                "%s must be a whole number from %s, but is %s.", option, least, text);
        return Integer.parseInt(text);
    }

    private double most(double usual) {
        if (!has("--most")) {
            return usual;
        }
        try {
            double value = Double.parseDouble(given.get("--most"));
            DistanceHistogram.check(1, value);
            return value;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--most must be a distance greater than 0, but is "
                    + given.get("--most") + ".", e);
        }
    }

    /**
     * Compares, or trains.
     *
     * @param args a saved network and a folder that shall be made for the output; {@code --folder} and a folder as
     *     {@link LabeledImages#ofFolder} reads it, at the size and in the channels that the network reads; or {@code
     *     --idx} and two files, images and labels; without either MNIST's test images are taken. Or a folder for the
     *     output, {@code --embeddings} and a Parquet file. The other options are in src/spark/README.md
     */
    public static void main(String[] args) {
        System.exit(run(args, System.out, System.err));
    }

    /** 0 if all went well, 2 if the arguments are wrong, 1 if something else is. */
    static int run(String[] args, PrintStream out, PrintStream err) {
        Submission given;
        try {
            given = new Submission(args);
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            return 2;
        }
        try {
            given.run(null, out);
            out.print(given.has("--dry-run") ? "" : String.format("Written to %s%n", given.output));
            return 0;
        } catch (InvalidPathException e) {
            err.println(e.getInput() + " is no name of a file or folder.");
            return 2;
        } catch (IOException | RuntimeException e) {
            err.println(e.getMessage());
            return 1;
        }
    }

    /**
     * Does the same with a connection that is there, as in a notebook, and says on standard output what is done.
     *
     * @param cluster where
     * @param args as {@link #main} takes them
     * @throws IOException if a file cannot be read or written, or the output is there already, in one sentence
     * @throws IllegalArgumentException if an argument is wrong, in one sentence
     * @throws IllegalStateException if a worker fails again and again, in one sentence that says why
     */
    public static void run(Cluster cluster, String... args) throws IOException {
        new Submission(args).run(cluster, System.out);
    }

    private void run(Cluster open, PrintStream out) throws IOException {
        try (Storage storage = new Storage(); Storage.Output to = new Storage.Output(output)) {
            SiameseNetwork loaded = network == null ? null : SiameseNetwork.load(storage.local(network));
            Examples pictures = network == null ? null : pictures(storage, loaded.base().input().getShape());
            if (loaded != null) { // complains before Spark starts
                if (!has("--train")) {
                    SparkEvaluation.comparesByCosine(loaded);
                }
                loaded.embed(pictures.images, 0);
            }
            boolean dry = has("--dry-run");
            if (dry && !has("--embeddings") && !has("--pairs")) {
                plan(out, loaded, pictures, -1);
                return;
            }
            // A dry run does not ask the master, and reads tables here
            String master = dry ? "local[1]" : System.getProperty("spark.master", "local[2]");
            Cluster cluster = open != null ? open : Cluster.of(master);
            try {
                run(cluster, loaded, pictures, to, out);
            } finally {
                if (open == null) {
                    cluster.close();
                }
            }
        }
    }

    private void run(Cluster cluster, SiameseNetwork loaded, Examples pictures, Storage.Output to, PrintStream out)
            throws IOException {
        Examples examples = pictures;
        if (examples == null) {
            Tables.Named named = Tables.embeddings(cluster, given.get("--embeddings"));
            examples = new Examples(null, named.points(), named.names());
        }
        JavaRDD<int[]> pairs = has("--pairs") ? Tables.pairs(cluster, given.get("--pairs"), examples.names) : null;
        if (has("--dry-run")) {
            plan(out, loaded, examples, pairs == null ? -1 : cluster.quietly(pairs::count));
            return;
        }
        to.begin();
        if (has("--train")) {
            train(cluster, loaded, examples.images, out);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            loaded.save(bytes);
            to.write("network.zip", bytes.toByteArray());
        } else {
            evaluate(cluster, loaded, examples, pairs, to, out);
        }
        to.finish();
    }

    private Examples pictures(Storage storage, long[] shape) throws IOException {
        LabeledImages images;
        if (has("--idx")) {
            Path file = storage.local(given.get("--idx"));
            images = LabeledImages.ofIdx(file, storage.local(idxLabels), file.getFileName().toString());
        } else if (has("--folder")) {
            Channels channels = Stream.of(Channels.values()).filter(c -> shape.length == 3 && c.count() == shape[0])
                    .findFirst().orElseThrow(() -> new IllegalArgumentException("The network of " + network + " reads "
                            + "neither grey nor coloured pictures, so none of " + given.get("--folder")
                            + " can be shown to it."));
            Path folder = storage.local(given.get("--folder"));
            return new Examples(LabeledImages.ofFolder(folder, (int) shape[1], (int) shape[2], channels), null,
                    Pictures.files(folder).stream()
                            .map(file -> folder.relativize(file).toString().replace('\\', '/')).toList());
        } else {
            images = RunSize.current().of(Mnist.load()).test();
        }
        return new Examples(images, null, IntStream.range(0, images.size()).mapToObj(Integer::toString).toList());
    }

    private SparkEvaluation evaluation(Cluster cluster, SiameseNetwork loaded) {
        SparkEvaluation usual = SparkEvaluation.of(cluster);
        double end = most(loaded != null && loaded.distance() == Distance.COSINE ? 2 : usual.maxDistance());
        return new SparkEvaluation(cluster, usual.bins(), end, usual.rows(), number("--tasks", usual.tasks(), 1));
    }

    private void evaluate(Cluster cluster, SiameseNetwork loaded, Examples examples, JavaRDD<int[]> pairs,
            Storage.Output to, PrintStream out) throws IOException {
        SparkEvaluation evaluation = evaluation(cluster, loaded);
        int worst = number("--worst", 20, 0);
        Tally tally;
        if (has("--storage")) {
            String folder = Storage.path(given.get("--storage")).toString();
            if (loaded == null) {
                evaluation.store(examples.points, folder);
            } else {
                evaluation.store(loaded, examples.images, folder);
            }
            tally = evaluation.tally(folder, worst);
        } else {
            List<Block> blocks = loaded == null ? Block.split(examples.points, evaluation.rows())
                    : evaluation.embed(loaded, examples.images);
            if (has("--keep-embeddings")) {
                Tables.write(cluster, SparkEvaluation.joined(blocks, ""), examples.names, i -> loaded == null
                        ? "" + i : examples.images.classNames().get(i), to.folder("embeddings.parquet"));
            }
            tally = pairs == null ? evaluation.tally(blocks, worst) : evaluation.tally(blocks, pairs, worst);
        }
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("data", "" + examples);
        about.put("network", network);
        about.put("pairs_of", given.get("--pairs"));
        tally.write(to, about, examples.names);
        DistanceHistogram counts = tally.histogram();
        int last = counts.bins() - 1;
        long beyond = counts.similar()[last] + counts.dissimilar()[last];
        if (beyond > 0) {
            out.printf("%,d pairs are in the last bin, which has all from there on; --most with more than %s tells "
                    + "them apart.%n", beyond, counts.maxDistance());
        }
        out.printf("%s:%n%s%s%n", examples, counts, tally.hasBothKinds()
                ? String.format(",%nequal error rate %.6f", counts.equalErrorRate()) : ", all of one kind");
    }

    private void train(Cluster cluster, SiameseNetwork loaded, LabeledImages images, PrintStream out) {
        int epochs = number("--train", 1, 1);
        Recipe recipe = loaded.distance() == Distance.COSINE ? Recipe.supervisedContrastive(epochs)
                : Recipe.allPairs(epochs);
        TrainingListener listener = new TrainingListener() {
            @Override
            public void onEpoch(History.Epoch epoch, int of) {
                out.printf("Epoch %d of %d: training loss %.4f%n", epoch.number(), of, epoch.trainLoss());
            }
        };
        if (has("--shards")) {
            new SparkTraining(cluster, number("--shards", 1, 1), number("--interval", 4, 1), recipe)
                    .fit(loaded, images, listener);
        } else {
            together(cluster, recipe).fit(loaded, images,
                    has("--checkpoint") ? Path.of(given.get("--checkpoint")) : null, listener);
        }
    }

    private SynchronousTraining together(Cluster cluster, Recipe recipe) {
        int parts = number("--parts", 2, 1);
        return new SynchronousTraining(cluster, parts, number("--tasks", parts, 1), number("--interval", 4, 1), recipe);
    }

    private void plan(PrintStream out, SiameseNetwork loaded, Examples examples, long pairs) {
        out.println("A dry run: nothing is computed or written.");
        if (loaded != null) {
            out.println(loaded.summary().printAll());
        }
        out.println(examples);
        SparkEvaluation evaluation = evaluation(null, loaded);
        long n = examples.names.size();
        long blocks = (n + evaluation.rows() - 1) / evaluation.rows();
        if (has("--train")) {
            SynchronousTraining together = together(null, Recipe.allPairs(1));
            out.printf("Training for %s epochs, %s%n", given.get("--train"), has("--shards") ? given.get("--shards")
                    + " shards averaged" : together.parts() + " parts in step, by " + together.tasks() + " tasks");
        } else {
            out.printf("%,d pairs %s, in %,d parts%n", pairs >= 0 ? pairs : n * (n - 1) / 2,
                    pairs >= 0 ? "of " + given.get("--pairs") : "in " + blocks * (blocks + 1) / 2 + " blocks",
                    evaluation.tasks());
        }
        out.println("Output: " + Storage.path(output));
    }
}
