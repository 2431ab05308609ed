package siamese.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.lucene912.Lucene912Codec;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.Version;
import siamese.data.LabeledImages;
import siamese.data.Mnist;
import siamese.data.Variation;
import siamese.model.Recipe;
import siamese.model.SiameseNetwork;

/**
 * The Java side of the part {@code neighbours}: writes the embeddings that all programs search, and searches them with
 * Lucene's HNSW graph. Files of vectors are rows of floats, little-endian.
 */
public final class Neighbours {

    private static final String FIELD = "embedding";
    private static final int DIMENSIONS = 128;
    private static final int AT_ONCE = 10_000; // pictures

    private Neighbours() {
    }

    /**
     * Does a task and prints what it measured as a line of JSON.
     *
     * @param arguments {@code name=value} for task (embed or lucene) and what it needs
     * @throws IOException if a file cannot be read or written
     */
    public static void main(String[] arguments) throws IOException {
        Map<String, String> v = Bench.values(arguments);
        int vectors = Integer.parseInt(v.get("vectors"));
        Path file = Path.of(v.get("file"));
        Path queries = Path.of(v.get("queries"));
        if (v.get("task").equals("embed")) {
            embed(vectors, file, Integer.parseInt(v.get("asked")), queries, Recipe.allPairs(Integer.parseInt(
                    v.get("epochs"))));
        } else {
            search(read(file, vectors), read(queries, Integer.MAX_VALUE), v);
        }
    }

    /** The training pictures, then distortions of them, as many as wanted; and the first test pictures as queries. */
    private static void embed(int vectors, Path file, int asked, Path queries, Recipe recipe) throws IOException {
        Mnist mnist = Mnist.load();
        LabeledImages train = mnist.train();
        SiameseNetwork network = SiameseNetwork.overview(1).trained(
                train.subset(IntStream.range(0, train.size() * 5 / 6).toArray()), recipe);
        write(queries, network, List.of(mnist.test().subset(IntStream.range(0, asked).toArray())));
        Random random = new Random(1);
        Variation variation = Variation.NONE.withShift(2).withBend(0.5).withInk(0.4);
        write(file, network, () -> IntStream.iterate(0, from -> from < vectors, from -> from + AT_ONCE)
                .mapToObj(from -> {
                    int[] some = IntStream.range(from, Math.min(from + AT_ONCE, vectors)).map(i -> i % train.size())
                            .toArray();
                    return from < train.size() ? train.subset(some) : LabeledImages.of("distorted", 28, 28, 10,
                            train.batch(variation, random, some).data().asFloat(), new int[some.length]);
                }).iterator());
        System.out.println("{\"vectors\": " + vectors + "}");
    }

    /** Writes embeddings; what stands under the name of the file is whole. */
    private static void write(Path file, SiameseNetwork network, Iterable<LabeledImages> pictures) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (var out = Files.newOutputStream(part)) {
            for (LabeledImages some : pictures) {
                ByteBuffer bytes = ByteBuffer.allocate(4 * DIMENSIONS * some.size()).order(ByteOrder.LITTLE_ENDIAN);
                for (double[] vector : network.embed(some, IntStream.range(0, some.size()).toArray())) {
                    Arrays.stream(vector).forEach(x -> bytes.putFloat((float) x));
                }
                out.write(bytes.array());
            }
        }
        Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    }

    /** The first vectors of a file, or all. */
    private static float[][] read(Path file, int most) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            var floats = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()).order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer();
            float[][] vectors = new float[Math.min(most, floats.capacity() / DIMENSIONS)][DIMENSIONS];
            for (float[] vector : vectors) {
                floats.get(vector);
            }
            return vectors;
        }
    }

    /** Builds the index in a folder, then asks all queries with each length of the list. */
    private static void search(float[][] vectors, float[][] queries, Map<String, String> v) throws IOException {
        List<String> runs = new ArrayList<>();
        try (Directory directory = FSDirectory.open(Path.of(v.get("folder")))) {
            for (String old : directory.listAll()) {
                directory.deleteFile(old);
            }
            double began = processorSeconds();
            build(directory, vectors, Integer.parseInt(v.get("connections")), Integer.parseInt(v.get("beam")));
            double seconds = processorSeconds() - began;
            long bytes = 0;
            for (String file : directory.listAll()) {
                bytes += directory.fileLength(file);
            }
            try (DirectoryReader reader = DirectoryReader.open(directory)) {
                if (reader.leaves().size() != 1) {
                    throw new IllegalStateException("The vectors do not fit into one graph.");
                }
                LeafReader graph = reader.leaves().get(0).reader();
                rate(graph, queries, 100, 6); // until Java has compiled it
                for (String list : v.get("lists").split(",")) {
                    runs.add(asked(graph, queries, Integer.parseInt(list), Path.of(v.get("out") + "-" + list)));
                }
            }
            System.out.println(String.format(Locale.ROOT, "{\"version\": \"Lucene %s\", \"build\": %.3f, "
                    + "\"indexBytes\": %d, \"memory\": %s, \"lists\": [%s]}", Version.LATEST, seconds, bytes,
                    Bench.memory(), String.join(", ", runs)));
        }
    }

    /** One graph, whose documents are in the order of the vectors. */
    private static void build(Directory directory, float[][] vectors, int connections, int beam) throws IOException {
        IndexWriterConfig config = new IndexWriterConfig().setRAMBufferSizeMB(1900).setCodec(new Lucene912Codec() {
            @Override
            public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
                return new Lucene99HnswVectorsFormat(connections, beam);
            }
        });
        try (IndexWriter writer = new IndexWriter(directory, config)) {
            for (float[] vector : vectors) {
                Document document = new Document();
                document.add(new KnnFloatVectorField(FIELD, vector));
                writer.addDocument(document);
            }
        }
    }

    /** Time, distances computed and what was found, the nearest ten of each list, as rows of 32-bit integers. */
    private static String asked(LeafReader graph, float[][] queries, int list, Path out) throws IOException {
        ByteBuffer found = ByteBuffer.allocate(40 * queries.length).order(ByteOrder.LITTLE_ENDIAN);
        long distances = 0;
        for (float[] query : queries) {
            TopDocs nearest = graph.searchNearestVectors(FIELD, query, list, null, Integer.MAX_VALUE);
            distances += nearest.totalHits.value;
            for (int k = 0; k < 10; k++) {
                found.putInt(nearest.scoreDocs[k].doc);
            }
        }
        Files.write(out, found.array());
        return String.format(Locale.ROOT, "{\"list\": %d, \"queriesPerSecond\": %.1f, \"distances\": %.1f, "
                + "\"found\": \"%s\"}", list, rate(graph, queries, list, 1), (double) distances / queries.length,
                out.toString().replace("\\", "\\\\"));
    }

    /** Queries a second of processor time, so that it matters less what else the machine does. */
    private static double rate(LeafReader graph, float[][] queries, int list, double seconds) throws IOException {
        double began = processorSeconds();
        int done = 0;
        while (processorSeconds() - began < seconds) {
            for (int q = 0; q < 50; q++) {
                graph.searchNearestVectors(FIELD, queries[done++ % queries.length], list, null, Integer.MAX_VALUE);
            }
        }
        return done / (processorSeconds() - began);
    }

    /** Of all threads of this process so far, compiler and garbage collector included. */
    private static double processorSeconds() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime() / 1e9;
    }
}
