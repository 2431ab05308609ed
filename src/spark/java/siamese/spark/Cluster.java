package siamese.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import siamese.notebook.Kernel;
import siamese.notebook.LiveDisplay;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** A connection to Spark, without its log lines and web page. Close it when done; a program has one at a time. */
public final class Cluster implements AutoCloseable {

    private static final Pattern CAUSE = Pattern.compile(
            "(?:\\(TID \\d+\\) \\([^)]*\\): |barrier task .* finished unsuccessfully\\.\\s+)(?:[\\w.$]+: )?(.+)");

    private final JavaSparkContext context;
    private final Watcher[] watchers;
    private int done;
    private int of;

    /** Is told how far work is that was shared out among tasks. */
    @FunctionalInterface
    public interface Watcher {

        /**
         * Called when the work begins, and after each task, on a thread of Spark's; if it throws, Spark ignores it.
         *
         * @param done how many tasks are done, 0 at the beginning
         * @param of how many there are
         */
        void onTask(int done, int of);
    }

    private Cluster(SparkConf conf, Watcher[] watchers) {
        context = new JavaSparkContext(conf);
        this.watchers = watchers.clone();
        context.sc().addSparkListener(new SparkListener() {
            @Override
            public void onTaskEnd(SparkListenerTaskEnd end) {
                if (end.taskInfo().successful()) {
                    tell(1);
                }
            }
        });
    }

    /**
     * Connects, and starts Spark where the master is this machine. Settings beyond these are Spark's own system
     * properties, {@code spark.…}; each task gets one thread for its arithmetic.
     *
     * @param master Spark's name for it: {@code local[2]} for two threads of this process, {@code
     *     local-cluster[2,1,2048]} for two processes with one core and 2,048 MB each, {@code spark://host:7077}, {@code
     *     yarn} or {@code k8s://…}
     * @param watchers are told how far work is; {@link #bar()} shows it in a notebook
     * @return the connection
     * @throws IllegalArgumentException if Spark cannot connect to such a master
     * @throws IllegalStateException if processes are asked for and SPARK_HOME and SPARK_SCALA_VERSION are not set
     */
    public static Cluster of(String master, Watcher... watchers) {
        SparkConf conf = new SparkConf().setMaster(master)
                .setIfMissing("spark.app.name", "Siamese networks")
                .set("spark.ui.enabled", "false").set("spark.ui.showConsoleProgress", "false")
                .setExecutorEnv("OMP_NUM_THREADS", "1").setExecutorEnv("OMP_WAIT_POLICY", "passive");
        // Whether all tasks of a barrier stage can run at once, as when a dead worker's successor is there
        conf.setIfMissing("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s");
        if (master.startsWith("local")) {
            conf.set("spark.driver.host", "127.0.0.1").set("spark.driver.bindAddress", "127.0.0.1");
        }
        if (master.startsWith("local-cluster")) {
            if (System.getenv("SPARK_HOME") == null || System.getenv("SPARK_SCALA_VERSION") == null) {
                throw new IllegalStateException("SPARK_HOME or SPARK_SCALA_VERSION is not set, without which Spark "
                        + "starts no processes; set them to the folder target/spark, which mvn -P spark package "
                        + "makes, and to 2.13.");
            }
            conf.setIfMissing("spark.executor.extraClassPath", System.getProperty("java.class.path"));
            // For data on a worker that is gone: this machine's network is quick
            conf.setIfMissing("spark.shuffle.io.retryWait", "1s");
        }
        try {
            return new Cluster(conf, watchers);
        } catch (Exception e) { // Scala declares nothing: SparkException, which is checked, comes out all the same
            throw new IllegalArgumentException("Spark cannot connect to " + master + ": "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse(""), e);
        }
    }

    /** {@return a progress bar below the running cell for work of more than a second; nothing without a kernel} */
    public static Watcher bar() {
        return new Watcher() {
            private LiveDisplay display;
            private long began;

            @Override
            public synchronized void onTask(int done, int of) {
                if (done == 0) {
                    display = null;
                    began = System.nanoTime();
                }
                if (display == null && (!Kernel.isRunning() || System.nanoTime() - began < 1_000_000_000L)) {
                    return;
                }
                int filled = 20 * done / of;
                String text = "█".repeat(filled) + "░".repeat(20 - filled) + " " + done + " of " + of
                        + (of == 1 ? " part" : " parts");
                if (display == null) {
                    display = Kernel.displayUpdatable(text);
                } else {
                    display.update(text);
                }
            }
        };
    }

    /** {@return Spark's own object, for what is not here} */
    public JavaSparkContext context() {
        return context;
    }

    /**
     * Kills a process that computes for this connection on this machine, as {@code kill -9} does, to see what happens.
     *
     * @throws NoSuchElementException if there is none: {@code local[2]} has threads instead
     */
    public void killWorker() {
        workers().stream().findFirst().orElseThrow(() -> new NoSuchElementException(
                "No process computes for this connection on this machine; use local-cluster[2,1,2048]."))
                .destroyForcibly();
    }

    private static List<ProcessHandle> workers() {
        return ProcessHandle.current().descendants().filter(ProcessHandle::isAlive)
                .filter(p -> p.info().command().orElse("").endsWith("java")).toList();
    }

    /**
     * {@return the most memory that this process and those that compute for it on this machine ever had, in MB: what
     * Linux calls VmHWM; a table without rows on other systems}
     */
    public Table memory() {
        StringColumn names = StringColumn.create("Process");
        IntColumn peaks = IntColumn.create("Peak memory (MB)");
        int number = 0;
        addPeak("driver", ProcessHandle.current().pid(), names, peaks);
        for (ProcessHandle worker : workers()) {
            addPeak("executor " + ++number, worker.pid(), names, peaks);
        }
        return Table.create("Memory", names, peaks);
    }

    private static void addPeak(String name, long pid, StringColumn names, IntColumn peaks) {
        try (var lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
            lines.filter(line -> line.startsWith("VmHWM:")).findFirst().ifPresent(line -> {
                names.append(name);
                peaks.append(Integer.parseInt(line.replaceAll("\\D", "")) / 1024);
            });
        } catch (IOException notLinuxOrEnded) { // left out
        }
    }

    /** Does work of so many tasks, telling the watchers; what goes wrong on a worker becomes one sentence. */
    <T> T work(int tasks, Callable<T> job) {
        synchronized (this) {
            done = 0;
            of = tasks;
        }
        tell(0);
        try {
            T result = quietly(job);
            synchronized (this) {
                done = of;
            }
            tell(0);
            return result;
        } finally {
            synchronized (this) {
                of = 0;
            }
        }
    }

    /** The same without telling. */
    <T> T quietly(Callable<T> job) {
        try {
            return job.call();
        } catch (Exception e) { // Scala declares nothing: SparkException, which is checked, comes out all the same
            if (e instanceof InterruptedException || e.getCause() instanceof InterruptedException) {
                context.cancelAllJobs();
                Thread.currentThread().interrupt();
                throw new CancellationException("The work on the cluster was stopped.");
            }
            throw new IllegalStateException(reason(e), e);
        }
    }

    /** Frees what was sent to the executors, also where the thread is interrupted, which Spark alone refuses. */
    static void destroy(List<? extends Broadcast<?>> sent) {
        boolean interrupted = Thread.interrupted();
        sent.forEach(Broadcast::destroy);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void tell(int more) {
        if (of > 0 && (more == 0 || done < of - 1)) { // the last one is told when the result is there
            done += more;
            for (Watcher watcher : watchers) {
                watcher.onTask(done, of);
            }
        }
    }

    /** One sentence from the many lines that Spark says, in which the worker's stack trace stands as well. */
    private static String reason(Exception e) {
        String said = String.valueOf(e.getMessage());
        if (said.contains("UnsatisfiedLinkError") || said.contains("NoAvailableBackendException")
                || said.contains("Could not initialize class org.nd4j")
                || said.contains("ExceptionInInitializerError")) {
            return "A worker cannot load ND4J's native library; put the jar nd4j-native with the classifier of the "
                    + "worker's platform, such as linux-x86_64-onednn-avx2, on its class path.";
        }
        Matcher cause = CAUSE.matcher(said);
        String first = cause.find() ? cause.group(1) : said.lines().findFirst().orElse("");
        if (said.contains("ClassNotFoundException: siamese") || said.contains("NoClassDefFoundError: siamese")) {
            return "A worker does not have the course's jar (" + first
                    + "); give it to spark-submit, or put it on spark.executor.extraClassPath.";
        }
        return "The work on the cluster failed: " + first;
    }

    @Override
    public void close() {
        context.close();
    }
}
