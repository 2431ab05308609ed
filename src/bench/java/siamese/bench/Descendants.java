package siamese.bench;

import it.unimi.dsi.fastutil.ints.IntArrays;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.factory.Nd4j;
import siamese.data.Examples;
import siamese.data.LabeledImages;
import siamese.data.Mnist;
import siamese.data.Omniglot;
import siamese.data.Variation;
import siamese.evaluation.VerificationReport;
import siamese.model.ArcFaceLoss;
import siamese.model.BaseNetwork;
import siamese.model.ContrastiveLoss;
import siamese.model.Distance;
import siamese.model.InfoNceLoss;
import siamese.model.Loss;
import siamese.model.MultiSimilarityLoss;
import siamese.model.Recipe;
import siamese.model.SiameseNetwork;
import siamese.model.SupervisedContrastiveLoss;
import siamese.model.TripletLoss;
import siamese.model.WeightedL1;

/**
 * The tournament of chapter 14: each loss trains the same small network on the same batches, its settings chosen on
 * data that nothing is judged on with the same number of tries, and is then judged with several seeds. What is in the
 * file already is not done again, so that it may be stopped at any time.
 */
public final class Descendants {

    private static final String HEADER = "phase,data,method,distance,loss,learning rate,seed,group,images,seconds,"
            + "equal error rate,one-shot,recall at 1,R-precision";
    private static final int DIMENSIONS = 64;
    private static final double[] RATES = {1e-3, 4e-3, 1.6e-2, 6.4e-2};
    private static final long TRIED = 100; // the seed of the tries
    private static final int PER_DIGIT = 1_000; // pictures to learn from
    private static final int JUDGED = 100; // pictures of a digit to judge on
    private static final int DRAWINGS = 10; // of a character to judge on

    /** A loss and its distance. */
    private record Setting(Distance distance, Loss loss) {
    }

    /** Pictures that are judged together: all of them are in the gallery, those of a class, or all (-1), are asked. */
    private record Group(String name, LabeledImages gallery, int asked) {
    }

    /** What one learns from, chooses on and is judged on, and what a batch is made of. */
    private record Task(String name, LabeledImages train, List<Group> validation, List<Group> test, int epochs,
            int classes, int examples) {

        SiameseNetwork train(Setting setting, double rate, long seed) {
            SiameseNetwork network = new SiameseNetwork(base(), setting.distance, seed);
            network.fit((Examples) train, null, recipe(setting.loss, rate));
            return network;
        }

        Recipe recipe(Loss loss, double rate) {
            return Recipe.allPairs(epochs).withLoss(loss).withLearningRate(rate).withClassesPerBatch(classes)
                    .withExamplesPerClass(examples).withVariation(Variation.NONE.withShift(2));
        }
    }

    private final double seconds;
    private long until;
    private final Rows rows;

    private Descendants(Path file, double seconds) throws IOException {
        this.seconds = seconds;
        rows = new Rows(file, HEADER);
    }

    /**
     * Goes on with the tournament, as far as it comes in the given time.
     *
     * @param arguments {@code name=value} for file, seconds, seeds, digitEpochs and characterEpochs
     * @throws IOException if the data cannot be read or the file cannot be written
     */
    public static void main(String[] arguments) throws IOException {
        Map<String, String> v = Bench.values(arguments);
        boolean complete = new Descendants(Path.of(v.get("file")), Double.parseDouble(v.get("seconds"))).run(tasks(
                Integer.parseInt(v.get("digitEpochs")), Integer.parseInt(v.get("characterEpochs"))),
                Integer.parseInt(v.get("seeds")));
        System.out.println("{\"complete\": " + complete + "}");
    }

    /** {@return the small network that all methods train} */
    private static BaseNetwork base() {
        return BaseNetwork.of(InputType.convolutional(28, 28, 1),
                new ConvolutionLayer.Builder(3, 3).nOut(16).activation(Activation.RELU).build(),
                new SubsamplingLayer.Builder(2, 2).stride(2, 2).build(),
                new ConvolutionLayer.Builder(3, 3).nOut(32).activation(Activation.RELU).build(),
                new SubsamplingLayer.Builder(2, 2).stride(2, 2).build(),
                new DenseLayer.Builder().nOut(DIMENSIONS).build());
    }

    /** Two settings of each method, made anew for each training: some have parameters that it changes. */
    private static Map<String, List<Supplier<Setting>>> methods(int classes) {
        Map<String, List<Supplier<Setting>>> all = new LinkedHashMap<>();
        all.put("contrastive", List.of(() -> new Setting(Distance.EUCLIDEAN, new ContrastiveLoss(1, true)),
                () -> new Setting(Distance.COSINE, new ContrastiveLoss(0.5, true))));
        for (TripletLoss.Mining mining : TripletLoss.Mining.values()) {
            all.put("triplet " + mining.name().toLowerCase(Locale.ROOT).replace('_', '-'), List.of(
                    () -> new Setting(Distance.EUCLIDEAN, new TripletLoss(0.5, mining)),
                    () -> new Setting(Distance.COSINE, new TripletLoss(0.2, mining))));
        }
        all.put("InfoNCE", List.of(() -> new Setting(Distance.COSINE, new InfoNceLoss(0.07)),
                () -> new Setting(Distance.COSINE, new InfoNceLoss(0.2))));
        all.put("multi-similarity", List.of(
                () -> new Setting(Distance.COSINE, new MultiSimilarityLoss(2, 50, 0.5, 0.1)),
                () -> new Setting(Distance.COSINE, new MultiSimilarityLoss(2, 10, 0.5, 0.1))));
        all.put("ArcFace", List.of(
                () -> new Setting(Distance.COSINE, new ArcFaceLoss(classes, DIMENSIONS, 16, 0.2, 1)),
                () -> new Setting(Distance.COSINE, new ArcFaceLoss(classes, DIMENSIONS, 32, 0.5, 1))));
        all.put("weighted L1", List.of(() -> both(new WeightedL1(DIMENSIONS, 0.3, 1)),
                () -> both(new WeightedL1(DIMENSIONS, 1, 5))));
        all.put("supervised contrastive", List.of(
                () -> new Setting(Distance.COSINE, new SupervisedContrastiveLoss(0.07)),
                () -> new Setting(Distance.COSINE, new SupervisedContrastiveLoss(0.2))));
        return all;
    }

    /** {@return the tournament's data: ten digits seen in training, and characters of alphabets that were not} */
    private static List<Task> tasks(int digitEpochs, int characterEpochs) throws IOException {
        Mnist mnist = Mnist.load();
        Random random = new Random(1);
        int[][] members = mnist.train().indicesByClass();
        for (int[] digit : members) {
            IntArrays.shuffle(digit, random);
        }
        LabeledImages train = mnist.train().subset(Arrays.stream(members)
                .flatMapToInt(m -> Arrays.stream(m, JUDGED, JUDGED + PER_DIGIT)).toArray());
        LabeledImages validation = mnist.train().subset(Arrays.stream(members)
                .flatMapToInt(m -> Arrays.stream(m, 0, JUDGED)).toArray());
        Task digits = new Task(mnist.train().source(), train, byDigit(validation),
                byDigit(mnist.test().sampleOfEachClass(JUDGED, 1, "judged")), digitEpochs, 10, 12);
        Omniglot omniglot = Omniglot.load();
        List<String> learn = new ArrayList<>(omniglot.background().alphabetNames());
        List<String> choose = validation(learn);
        learn.removeAll(choose);
        Task characters = new Task("Omniglot", omniglot.background().only(learn, "Omniglot, learn").images(),
                byAlphabet(omniglot.background().only(choose, "Omniglot, choose")),
                byAlphabet(omniglot.evaluation()), characterEpochs, 30, 4);
        return List.of(digits, characters);
    }

    /** {@return the alphabets to choose on, of all of the background: those of chapter 07} */
    static List<String> validation(List<String> names) {
        return IntStream.of(3, 9, 15, 21, 27).mapToObj(names::get).toList();
    }

    private static List<Group> byDigit(LabeledImages images) {
        return IntStream.range(0, 10).mapToObj(d -> new Group("digit " + d, images, d)).toList();
    }

    private static List<Group> byAlphabet(Omniglot.Characters part) {
        return part.alphabetNames().stream().map(name -> new Group(name.replace(",", ""), part.only(List.of(name), name)
                .images().sampleOfEachClass(DRAWINGS, 1, name), -1)).toList();
    }

    /** Does what is missing, until the time is over; {@return whether nothing is missing any more} */
    private boolean run(List<Task> tasks, int seeds) throws IOException {
        until = System.nanoTime() + (long) (1e9 * seconds);
        for (Task task : tasks) {
            Map<String, List<Supplier<Setting>>> methods = methods(task.train.classes());
            for (String method : methods.keySet()) {
                for (Supplier<Setting> made : methods.get(method)) {
                    for (double rate : RATES) {
                        if (!done("tried", task, method, made.get(), rate, TRIED)
                                && !one("tried", task, method, made.get(), rate, TRIED, task.validation)) {
                            return false;
                        }
                    }
                }
            }
        }
        for (long seed = 1; seed <= seeds; seed++) { // all methods at a seed, so that a stop leaves a fair comparison
            for (Task task : tasks) {
                Map<String, List<Supplier<Setting>>> methods = methods(task.train.classes());
                for (String method : methods.keySet()) {
                    String[] best = best(task, method).split(",");
                    double rate = Double.parseDouble(best[5]);
                    Setting setting = methods.get(method).stream().map(Supplier::get)
                            .filter(s -> quoted(s.loss).equals(best[4])).findFirst().orElseThrow();
                    if (!done("judged", task, method, setting, rate, seed)
                            && !one("judged", task, method, setting, rate, seed, task.test)) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    private static Setting both(WeightedL1 learned) {
        return new Setting(learned, learned);
    }

    private static String quoted(Loss loss) {
        return loss.toString().replace(", ", "; ");
    }

    private static String key(String phase, Task task, String method, Setting setting, double rate, long seed) {
        String distance = setting.distance == setting.loss ? "learned" : setting.distance.toString();
        return String.join(",", phase, task.name, method, distance, quoted(setting.loss), rate + "", seed + "") + ",";
    }

    private boolean done(String phase, Task task, String method, Setting setting, double rate, long seed) {
        return rows.beginning(key(phase, task, method, setting, rate, seed)).findAny().isPresent();
    }

    /** The row of the try with the highest R-precision; the first of equals. */
    private String best(Task task, String method) {
        return rows.beginning("tried," + task.name + "," + method + ",").min(
                Comparator.comparingDouble(row -> -Double.parseDouble(row.substring(row.lastIndexOf(',') + 1)))).get();
    }

    /** Trains and judges; {@return false if there is no time left for it} */
    private boolean one(String phase, Task task, String method, Setting setting, double rate, long seed,
            List<Group> groups) throws IOException {
        if (System.nanoTime() > until) {
            return false;
        }
        long began = System.nanoTime();
        SiameseNetwork network = task.train(setting, rate, seed);
        double seconds = network.history().seconds();
        String key = key(phase, task, method, setting, rate, seed);
        Map<LabeledImages, double[]> distances = new IdentityHashMap<>();
        double[][] figures = groups.stream().map(g -> judged(network, g, distances)).toArray(double[][]::new);
        long images = (long) task.epochs * Math.max(1, Math.round((float) task.train.size()
                / (task.classes * task.examples))) * task.classes * task.examples;
        double[] mean = IntStream.range(0, 4).mapToDouble(k -> Arrays.stream(figures).mapToDouble(f -> f[k]).sum()
                / figures.length).toArray();
        rows.append(phase.equals("tried") ? List.of(row(key, "validation", images, seconds, mean)) : IntStream.range(0,
                figures.length).mapToObj(g -> row(key, groups.get(g).name, images, seconds, figures[g])).toList());
        System.out.println(key + " in all " + (System.nanoTime() - began) / 1e9 + " s: " + Arrays.toString(mean));
        return true;
    }

    private static String row(String key, String group, long images, double seconds, double[] f) {
        return String.format(Locale.ROOT, "%s%s,%d,%.1f,%.5f,%.4f,%.4f,%.4f", key, group, images, seconds, f[0], f[1],
                f[2], f[3]);
    }

    /** {@return equal error rate, one-shot accuracy, recall at 1 and R-precision of a group} */
    private static double[] judged(SiameseNetwork network, Group group, Map<LabeledImages, double[]> distances) {
        LabeledImages images = group.gallery;
        int n = images.size();
        int[] labels = images.labels();
        double[] d = distances.computeIfAbsent(images, gallery -> network.distance().matrix(Nd4j.createFromArray(
                network.embed(gallery, IntStream.range(0, n).toArray()))));
        int[] asked = IntStream.range(0, n).filter(i -> group.asked < 0 || labels[i] == group.asked).toArray();
        double[] pairs = new double[asked.length * (n - 1)];
        boolean[] similar = new boolean[pairs.length];
        int[] counts = images.classCounts();
        double recall = 0;
        double precision = 0;
        int p = 0;
        for (int i : asked) {
            int from = p;
            for (int k = 0; k < n; k++) {
                if (k != i) {
                    pairs[p] = d[n * i + k];
                    similar[p++] = labels[k] == labels[i];
                }
            }
            double[] own = Arrays.copyOfRange(pairs, from, p);
            boolean[] right = Arrays.copyOfRange(similar, from, p);
            recall += precision(own, right, 1);
            precision += precision(own, right, counts[labels[i]] - 1);
        }
        return new double[] {VerificationReport.of(pairs, similar).equalErrorRate(),
            oneShot(images.indicesByClass(), group.asked, d, n), recall / asked.length, precision / asked.length};
    }

    /** The share of its own class among the k nearest; of those that are equally far, each has an equal chance. */
    private static double precision(double[] distances, boolean[] right, int k) {
        double[] sorted = distances.clone();
        Arrays.sort(sorted);
        double last = sorted[k - 1];
        int[] nearer = new int[2]; // of all, of its own class
        int[] tied = new int[2];
        for (int j = 0; j < distances.length; j++) {
            int[] of = distances[j] < last ? nearer : tied;
            if (distances[j] <= last) {
                of[0]++;
                of[1] += right[j] ? 1 : 0;
            }
        }
        return (nearer[1] + (double) (k - nearer[0]) * tied[1] / tied[0]) / k;
    }

    /** The share of right answers to 1,000 questions with one example of each of 20 classes, or of all if fewer. */
    private static double oneShot(int[][] members, int asked, double[] d, int n) {
        Random random = new Random(1);
        int right = 0;
        int questions = 0;
        while (questions < 1_000) {
            int[] classes = IntStream.range(0, members.length).toArray();
            IntArrays.shuffle(classes, random);
            int[] examples = new int[Math.min(20, classes.length)];
            int[] queries = new int[examples.length];
            for (int c = 0; c < examples.length; c++) {
                int[] of = members[classes[c]];
                int one = random.nextInt(of.length);
                examples[c] = of[one];
                queries[c] = of[(one + 1 + random.nextInt(of.length - 1)) % of.length];
            }
            for (int c = 0; c < queries.length; c++) {
                if (asked < 0 || classes[c] == asked) {
                    int query = queries[c] * n;
                    int own = query + examples[c];
                    right += IntStream.of(examples).allMatch(e -> query + e == own || d[query + e] > d[own]) ? 1 : 0;
                    questions++;
                }
            }
        }
        return (double) right / questions;
    }
}
