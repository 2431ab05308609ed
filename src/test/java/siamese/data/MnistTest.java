package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

@EnabledIfEnvironmentVariable(named = "SIAMESE_DATA", matches = ".+",
        disabledReason = "SIAMESE_DATA names no folder with MNIST")
class MnistTest {

    @Test
    void isTheRealOneAndGivesTheOverviewsPairs() throws IOException {
        Mnist mnist = Mnist.load();
        assertEquals("MNIST: 60,000 images of 28 x 28 pixels in 10 classes", mnist.train().toString());
        assertArrayEquals(new int[] {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949},
                mnist.train().classCounts());
        assertArrayEquals(new int[] {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009},
                mnist.test().classCounts());
        assertEquals(108_400, Pairs.create(mnist.train(), 1).size());
        assertEquals(17_820, Pairs.create(mnist.test(), 1).size());
    }

    @Test
    void quickRunIsSmallerAndSaysSo() throws IOException {
        Mnist quick = RunSize.QUICK.of(Mnist.load());
        assertEquals("MNIST, quick run", quick.train().source());
        assertEquals(12_000, Pairs.create(quick.train(), 1).size());
        assertEquals(4_000, Pairs.create(quick.test(), 1).size());
        assertEquals(2, RunSize.QUICK.epochs(10));
        assertEquals(10, RunSize.FULL.epochs(10));
    }
}
