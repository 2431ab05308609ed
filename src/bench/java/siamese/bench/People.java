package siamese.bench;

import it.unimi.dsi.fastutil.ints.IntArrays;
import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.lang3.ArrayUtils;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.nd4j.linalg.activations.Activation;
import siamese.data.Examples;
import siamese.data.LabeledImages;
import siamese.data.Omniglot;
import siamese.data.Variation;
import siamese.evaluation.Embeddings;
import siamese.evaluation.OneShot;
import siamese.model.BaseNetwork;
import siamese.model.ContrastiveLoss;
import siamese.model.Distance;
import siamese.model.Loss;
import siamese.model.Recipe;
import siamese.model.SiameseNetwork;
import siamese.model.SupervisedContrastiveLoss;

/**
 * Omniglot's published runs, for chapter 14: what answers most questions of the same form on the validation alphabets,
 * each try with as many pictures, is trained for some minutes on all background alphabets and asked the runs once. What
 * is in the file already is not done again.
 */
public final class People {

    private static final String HEADER = "phase,network,pixels,loss,turns,weights,images,seconds,alphabet,right";
    private static final int RUNS = 40; // of an alphabet, to choose by
    private static final int DRAWERS = 20;

    /** A network with its loss and its batches. */
    private record Try(String name, int size, BaseNetwork base, Loss loss, double rate, int classes, int examples) {

        String key() {
            return String.join(",", name, size + "", loss.toString().replace(", ", "; ")) + ",";
        }
    }

    /** Which of the examples, one of each character, does each query show? */
    private record Questions(String alphabet, LabeledImages support, LabeledImages queries) {

        double right(SiameseNetwork network, int turns) {
            return OneShot.of(alphabet, List.of(new OneShot.Episode(embedded(network, support, turns),
                    embedded(network, queries, turns))), e -> e.nearestExample(Distance.COSINE)).accuracy();
        }

        /** The directions of each picture's embeddings, as it is and turned, one after the other. */
        private static Embeddings embedded(SiameseNetwork network, LabeledImages images, int turns) {
            double[][] all = new double[images.size()][0];
            LabeledImages turned = images;
            for (int turn = 0; turn < turns; turn++) {
                double[][] more = Embeddings.of(network, turned).directions().vectors();
                Arrays.setAll(all, i -> ArrayUtils.addAll(all[i], more[i]));
                turned = turned.map(images.source(), People::quarter);
            }
            return new Embeddings(all, images.labels(), images.source());
        }
    }

    private final Rows rows;

    private People(Path file) throws IOException {
        rows = new Rows(file, HEADER);
    }

    /**
     * Does what is missing.
     *
     * @param arguments {@code name=value} for file, alphabets (how many of the background's are learned from
     *     at most), tried and judged, how many varied copies of each drawing, in each of four
     *     directions, a training sees
     * @throws IOException if the data cannot be read or the file cannot be written
     */
    public static void main(String[] arguments) throws IOException {
        Map<String, String> v = Bench.values(arguments);
        new People(Path.of(v.get("file"))).run(Integer.parseInt(v.get("alphabets")),
                Integer.parseInt(v.get("tried")), Integer.parseInt(v.get("judged")));
        System.out.println("{\"complete\": true}");
    }

    /** {@return the tries, each with one thing more than the one before} */
    private static List<Try> tries() {
        BaseNetwork overview = BaseNetwork.overview(28, 28, 1, Activation.IDENTITY);
        Loss loss = new SupervisedContrastiveLoss(0.1);
        return List.of(new Try("the overview's", 28, overview, new ContrastiveLoss(0.5, true), 4e-3, 32, 4),
                new Try("the overview's", 28, overview, loss, 8e-3, 64, 2),
                new Try("three convolutions", 28, three(28, convolution(3, 1, 32)), loss, 8e-3, 64, 2),
                new Try("three convolutions", 56, three(56, convolution(5, 2, 32)), loss, 8e-3, 64, 2));
    }

    private static BaseNetwork three(int size, Layer first) {
        return BaseNetwork.of(InputType.convolutional(size, size, 1), first, pooling(), convolution(3, 1, 64),
                pooling(), convolution(3, 1, 128), pooling(), new DenseLayer.Builder().nOut(128)
                .activation(Activation.IDENTITY).build());
    }

    private static Layer convolution(int kernel, int stride, int filters) {
        return new ConvolutionLayer.Builder(kernel, kernel).stride(stride, stride).nOut(filters)
                .convolutionMode(ConvolutionMode.Same).activation(Activation.RELU).build();
    }

    private static Layer pooling() {
        return new SubsamplingLayer.Builder(2, 2).stride(2, 2).build();
    }

    private static BufferedImage quarter(BufferedImage picture) {
        BufferedImage turned = new BufferedImage(picture.getHeight(), picture.getWidth(), picture.getType());
        Graphics2D graphics = turned.createGraphics();
        graphics.drawImage(picture, AffineTransform.getQuadrantRotateInstance(1, picture.getHeight() / 2.0,
                picture.getHeight() / 2.0), null);
        graphics.dispose();
        return turned;
    }

    private void run(int alphabets, int tried, int judged) throws IOException {
        for (Try candidate : tries()) {
            if (rows.beginning("tried," + candidate.key()).findAny().isEmpty()) {
                Omniglot.Characters all = Omniglot.load(candidate.size).background();
                List<String> learn = new ArrayList<>(all.alphabetNames());
                List<String> choose = Descendants.validation(learn);
                learn.removeAll(choose);
                answer("tried", candidate, augmented(all, learn, alphabets, tried), choose.stream()
                        .flatMap(name -> invented(name, all.only(List.of(name), name))).toList());
            }
        }
        if (rows.beginning("judged,").findAny().isEmpty()) {
            Try chosen = tries().stream().max(Comparator.comparingDouble(this::right)).orElseThrow();
            Omniglot omniglot = Omniglot.load(chosen.size);
            answer("judged", chosen, augmented(omniglot.background(), omniglot.background().alphabetNames(), alphabets,
                    judged), published(omniglot));
        }
    }

    private static LabeledImages augmented(Omniglot.Characters all, List<String> names, int most, int copies) {
        return all.only(names.subList(0, Math.min(most, names.size())), all.images().source())
                .augmented(copies, new Random(1));
    }

    /** The mean over the validation alphabets, with the number of turns that is better. */
    private double right(Try candidate) {
        return rows.beginning("tried," + candidate.key()).map(row -> row.split(",")).collect(Collectors.groupingBy(
                row -> row[4], Collectors.averagingDouble(row -> Double.parseDouble(row[9])))).values().stream()
                .max(Double::compare).orElseThrow();
    }

    /** Trains, and writes the share of right answers in each alphabet, with pictures as they are and turned, too. */
    private void answer(String phase, Try how, LabeledImages images, List<Questions> asked) throws IOException {
        SiameseNetwork network = new SiameseNetwork(how.base, Distance.COSINE, 1);
        network.fit((Examples) images, null, Recipe.allPairs(1).withLoss(how.loss).withLearningRate(how.rate)
                .withClassesPerBatch(how.classes).withExamplesPerClass(how.examples)
                .withVariation(Variation.NONE.withShift(1)));
        List<String> found = new ArrayList<>();
        for (int turns : new int[] {1, 4}) {
            asked.stream().collect(Collectors.groupingBy(Questions::alphabet, TreeMap::new,
                    Collectors.averagingDouble(q -> q.right(network, turns)))).forEach((alphabet, share) ->
                    found.add(String.format(Locale.ROOT, "%s,%s%d,%d,%d,%.0f,%s,%.5f", phase, how.key(), turns,
                    network.graph().numParams(), images.size(), network.history().seconds(), alphabet, share)));
        }
        rows.append(found);
        found.forEach(System.out::println);
    }

    /** Questions of the published form: one drawer's drawings of up to 20 characters, and another's of the same. */
    private static Stream<Questions> invented(String alphabet, Omniglot.Characters part) {
        Random random = new Random(1);
        int[][] members = part.images().indicesByClass();
        return IntStream.range(0, RUNS).mapToObj(run -> {
            int one = random.nextInt(DRAWERS);
            int other = (one + 1 + random.nextInt(DRAWERS - 1)) % DRAWERS;
            int[] classes = IntStream.range(0, members.length).toArray();
            IntArrays.shuffle(classes, random);
            int[] some = Arrays.copyOf(classes, Math.min(20, classes.length));
            return new Questions(alphabet, part.images().subset(IntStream.of(some).map(c -> members[c][one]).toArray()),
                    part.images().subset(IntStream.of(some).map(c -> members[c][other]).toArray()));
        });
    }

    /** The published runs, each with the alphabet that its first drawing is found in. */
    private static List<Questions> published(Omniglot omniglot) {
        Omniglot.Characters part = omniglot.evaluation();
        double[][] drawn = Embeddings.ofPixels(part.images()).vectors();
        return omniglot.runs().stream().map(run -> {
            double[] first = Embeddings.ofPixels(run.training()).vectors()[0];
            int at = IntStream.range(0, drawn.length).filter(i -> Arrays.equals(drawn[i], first)).findFirst()
                    .orElseThrow();
            return new Questions(part.alphabets().get(part.images().label(at)), run.training(), run.test());
        }).toList();
    }
}
