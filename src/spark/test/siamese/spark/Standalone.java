package siamese.spark;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** A cluster as README.md in src/spark builds it: a master and two workers of one core, each a process. */
final class Standalone implements AutoCloseable {

    static final Path HOME = Path.of(System.getenv("SPARK_HOME"));
    private final List<Process> running = new ArrayList<>();
    private final String master;

    Standalone(Path folder) throws IOException {
        int port = freePort();
        master = "spark://127.0.0.1:" + port;
        start(folder.resolve("master.log"), "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1",
                "--port", "" + port, "--webui-port", "0");
        for (int worker = 1; worker <= 2; worker++) {
            start(folder.resolve("worker" + worker + ".log"), "org.apache.spark.deploy.worker.Worker",
                    "--host", "127.0.0.1", "--webui-port", "0", "--cores", "1", "--memory", "1g",
                    "--work-dir", folder.resolve("work" + worker).toString(), master);
        }
    }

    String master() {
        return master;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** One of Spark's programs; it ends with the cluster at the latest. */
    Process start(Path log, String... command) throws IOException {
        List<String> line = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m", "-cp", HOME.resolve("jars") + File.separator + "*"));
        line.addAll(Arrays.asList(command));
        ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(Map.of("SPARK_HOME", HOME.toString(), "SPARK_SCALA_VERSION", "2.13",
                "SIAMESE_QUICK", "1", "SPARK_LOCAL_IP", "127.0.0.1", "OMP_NUM_THREADS", "1"));
        Process process = builder.start();
        running.add(process);
        return process;
    }

    @Override
    public void close() {
        Collections.reverse(running);
        for (Process process : running) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
