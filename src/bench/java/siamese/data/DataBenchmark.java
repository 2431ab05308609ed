package siamese.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Reading an IDX file, making the overview's pairs, and filling a batch, on 60,000 random images. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class DataBenchmark {

    private static final int IMAGES = 60_000;

    private byte[] imageFile;
    private byte[] labelFile;
    private LabeledImages images;
    private final int[] batch = new Random(1).ints(256, 0, IMAGES).toArray();

    /** Files as MNIST's, decompressed. */
    @Setup
    public void setUp() throws IOException {
        Random random = new Random(1);
        imageFile = new byte[16 + IMAGES * 784];
        labelFile = new byte[8 + IMAGES];
        random.nextBytes(imageFile);
        for (int i = 0; i < IMAGES; i++) {
            labelFile[8 + i] = (byte) (i % 10);
        }
        ByteBuffer.wrap(imageFile).putInt(0x803).putInt(IMAGES).putInt(28).putInt(28);
        ByteBuffer.wrap(labelFile).putInt(0x801).putInt(IMAGES);
        images = readIdx();
    }

    /** {@return the images of two files in memory} */
    @Benchmark
    public LabeledImages readIdx() throws IOException {
        return Idx.images("random", imageFile, labelFile);
    }

    /** {@return the overview's pairs of 60,000 images} */
    @Benchmark
    public Pairs createPairs() {
        return Pairs.create(images, 1);
    }

    /** {@return 256 images as the network wants them} */
    @Benchmark
    public INDArray fillBatch() {
        return images.batch(batch);
    }
}
