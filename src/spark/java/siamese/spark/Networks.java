package siamese.spark;

import java.io.Serializable;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import siamese.model.SiameseNetwork;

/** Networks of one kind for the tasks of a process, each used by one task at a time; built there when first needed. */
final class Networks implements Serializable {

    private static final long serialVersionUID = 1;

    private final SiameseNetwork.Options options;
    private transient Queue<SiameseNetwork> idle;

    Networks(SiameseNetwork.Options options) {
        this.options = options;
    }

    <T> T use(Function<SiameseNetwork, T> work) {
        Queue<SiameseNetwork> queue = queue();
        SiameseNetwork free = queue.poll();
        SiameseNetwork network = free == null ? new SiameseNetwork(options) : free;
        try {
            return work.apply(network);
        } finally {
            queue.add(network);
        }
    }

    private synchronized Queue<SiameseNetwork> queue() {
        if (idle == null) {
            idle = new ConcurrentLinkedQueue<>();
        }
        return idle;
    }
}
