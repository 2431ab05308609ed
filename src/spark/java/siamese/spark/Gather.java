package siamese.spark;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.function.Function;
import org.apache.spark.BarrierTaskContext;

/**
 * Tells the tasks of a barrier stage an array and returns those of all of them, through Spark's {@code allGather},
 * whose strings go through the driver; counts what is sent.
 *
 * <p>While {@code allGather} waits for the others it sleeps for a second at a time, far longer than a step takes. An
 * interrupt makes it look at once whether all have arrived, so a thread of this class's interrupts the sleep every
 * millisecond, and nothing but it.
 */
final class Gather implements Function<float[], float[][]>, AutoCloseable {

    private final BarrierTaskContext context;
    private final Thread task = Thread.currentThread();
    private final Thread waker = new Thread(this::wake, "wakes allGather");
    private boolean waiting;
    private boolean closed;
    private long sent;
    private long received;
    private long nanos;

    Gather(BarrierTaskContext context) {
        this.context = context;
        waker.setDaemon(true);
        waker.start();
    }

    /** {@return the bytes that this task has sent to the driver} */
    long sent() {
        return sent;
    }

    /** {@return the bytes that the driver has sent to this task} */
    long received() {
        return received;
    }

    /** {@return how long this task has waited for the others and the network} */
    double seconds() {
        return nanos / 1e9;
    }

    @Override
    public float[][] apply(float[] own) {
        long start = System.nanoTime();
        String text = encoded(own);
        sent += text.length(); // one byte each: Base64 is ASCII
        waiting(true);
        String[] all;
        try {
            all = context.allGather(text);
        } finally {
            waiting(false);
        }
        received += Arrays.stream(all).mapToLong(String::length).sum();
        float[][] values = Arrays.stream(all).map(Gather::decoded).toArray(float[][]::new);
        nanos += System.nanoTime() - start;
        return values;
    }

    static String encoded(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
        bytes.asFloatBuffer().put(values);
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    static float[] decoded(String text) {
        byte[] bytes = Base64.getDecoder().decode(text);
        float[] values = new float[bytes.length / 4];
        ByteBuffer.wrap(bytes).asFloatBuffer().get(values);
        return values;
    }

    private synchronized void waiting(boolean value) {
        waiting = value;
        if (!value) {
            Thread.interrupted(); // a task that Spark ends is told so by the next allGather
        }
        notifyAll();
    }

    private synchronized void wake() {
        try {
            while (!closed) {
                if (waiting && task.getState() == Thread.State.TIMED_WAITING) {
                    task.interrupt();
                }
                wait(waiting ? 1 : 0);
            }
        } catch (InterruptedException e) { // nobody does
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }
}
