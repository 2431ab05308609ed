package siamese.spark;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Serializable;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import siamese.model.SiameseNetwork;

/** Copies of a network for the tasks of a process, each used by one task at a time; made there when first needed. */
final class Networks implements Serializable {

    private static final long serialVersionUID = 1;

    private final byte[] saved;
    private transient Queue<SiameseNetwork> idle;

    /** A network to be sent; fails here, and not on a worker, if it has a layer or a distance that cannot be. */
    Networks(SiameseNetwork network) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            network.save(bytes);
        } catch (IOException e) {
            throw cannotBeSent(e);
        }
        saved = bytes.toByteArray();
        queue().add(copy());
    }

    private static IllegalArgumentException cannotBeSent(IOException e) {
        return new IllegalArgumentException("network cannot be sent to workers: " + e.getMessage(), e);
    }

    <T> T use(Function<SiameseNetwork, T> work) {
        Queue<SiameseNetwork> queue = queue();
        SiameseNetwork free = queue.poll();
        SiameseNetwork network = free == null ? copy() : free;
        try {
            return work.apply(network);
        } finally {
            queue.add(network);
        }
    }

    private SiameseNetwork copy() {
        try {
            return SiameseNetwork.load(new ByteArrayInputStream(saved));
        } catch (IOException e) {
            throw cannotBeSent(e);
        }
    }

    private synchronized Queue<SiameseNetwork> queue() {
        if (idle == null) {
            idle = new ConcurrentLinkedQueue<>();
        }
        return idle;
    }
}
