package siamese.notebook;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The one thread that paints and publishes. Painting with Java 2D and writing to a kernel's sockets both swallow an
 * interruption, so that on the training thread they would now and then lose the reader's Stop.
 */
final class OwnThread {

    private static final ExecutorService EXECUTOR = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "notebook output");
        thread.setDaemon(true);
        return thread;
    });

    private static final ThreadLocal<Boolean> HERE = ThreadLocal.withInitial(() -> false);

    private OwnThread() {}

    /** Runs a task there and waits for its end, through interruptions, which the calling thread keeps. */
    static void run(Runnable task) {
        if (HERE.get()) {
            task.run();
            return;
        }
        try {
            CompletableFuture.runAsync(() -> {
                HERE.set(true);
                task.run();
            }, EXECUTOR).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            } else if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw e;
        }
    }
}
