package siamese.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class BatchesTest {

    /** Three batches an epoch, which note when they are made. */
    private static final class Three extends Batches {

        private final List<Integer> made = Collections.synchronizedList(new ArrayList<>());
        private final CountDownLatch second = new CountDownLatch(1);
        private int epochs;
        private Throwable trouble;

        @Override
        int count() {
            return 3;
        }

        @Override
        void startEpoch() {
            epochs++;
        }

        @Override
        Batch get(int number) {
            made.add(number);
            if (number == 1) {
                second.countDown();
                if (trouble instanceof Error error) {
                    throw error;
                }
                if (trouble instanceof RuntimeException exception) {
                    throw exception;
                }
            }
            return new Batch(null, null, 10 * epochs + number);
        }
    }

    @Test
    void theNextBatchIsMadeWhileOneIsLearnedAndNoneTooMany() throws InterruptedException {
        Three batches = new Three();
        Supplier<Batches.Batch> epoch = batches.epoch();
        assertEquals(10, epoch.get().pairs());
        assertTrue(batches.second.await(10, TimeUnit.SECONDS), "the second is made without being asked for");
        assertEquals(11, epoch.get().pairs());
        assertEquals(12, epoch.get().pairs());
        assertEquals(List.of(0, 1, 2), batches.made);
        assertEquals(20, batches.epoch().get().pairs());
    }

    @Test
    void whatGoesWrongThereIsSaidHere() {
        for (Throwable trouble : List.of(new IllegalStateException("no"), new OutOfMemoryError("full"))) {
            Three batches = new Three();
            batches.trouble = trouble;
            Supplier<Batches.Batch> epoch = batches.epoch();
            epoch.get();
            assertSame(trouble, assertThrows(Throwable.class, epoch::get));
        }
    }

    @Test
    void picturesAreMovedByWholePixels() {
        INDArray pictures = Nd4j.linspace(1, 24, 24).reshape(2, 1, 3, 4);
        INDArray moved = Batches.moved(pictures, 1, -2);
        for (int k = 0; k < 2; k++) {
            for (int y = 0; y < 3; y++) {
                for (int x = 0; x < 4; x++) {
                    double expected = y < 1 || x > 1 ? 0 : pictures.getDouble(k, 0, y - 1, x + 2);
                    assertEquals(expected, moved.getDouble(k, 0, y, x), "picture " + k + ", row " + y + ", column " + x);
                }
            }
        }
        assertEquals(pictures, Batches.moved(pictures, 0, 0));
    }
}
