package siamese.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import siamese.data.LabeledImages;
import siamese.data.Mnist;
import siamese.data.RunSize;
import siamese.evaluation.DistanceHistogram;
import siamese.evaluation.Embeddings;
import siamese.model.SiameseNetwork;

/** A cluster as README.md in src/spark builds it: a master and two workers, each a process, and spark-submit. */
@Timeout(900)
class StandaloneTest {

    private static final Path HOME = Path.of(System.getenv("SPARK_HOME"));
    private final List<Process> running = new ArrayList<>();

    @AfterEach
    void end() {
        Collections.reverse(running);
        for (Process process : running) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    @Test
    void theSubmittedEvaluationCountsWhatOneMachineCounts(@TempDir Path folder) throws Exception {
        int port = freePort();
        String master = "spark://127.0.0.1:" + port;
        start(folder.resolve("master.log"), "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1",
                "--port", "" + port, "--webui-port", "0");
        for (int worker = 1; worker <= 2; worker++) {
            start(folder.resolve("worker" + worker + ".log"), "org.apache.spark.deploy.worker.Worker",
                    "--host", "127.0.0.1", "--webui-port", "0", "--cores", "1", "--memory", "1g",
                    "--work-dir", folder.resolve("work" + worker).toString(), master);
        }
        SiameseNetwork network = SiameseNetwork.overview(7);
        network.save(folder.resolve("network.zip"));
        Path counts = folder.resolve("counts.csv");
        Process submit = start(folder.resolve("submit.log"), "org.apache.spark.deploy.SparkSubmit", "--master", master,
                "--conf", "spark.driver.host=127.0.0.1", "--conf", "spark.driver.bindAddress=127.0.0.1",
                "--conf", "spark.executor.memory=768m", "--conf", "spark.cores.max=2",
                "--class", "siamese.spark.Submission", jar(folder).toString(), folder.resolve("network.zip").toString(),
                counts.toString(), "--storage", folder.resolve("blocks").toUri().toString());
        int status = submit.waitFor();
        String said = Files.readString(folder.resolve("submit.log"));
        assertEquals(0, status, said);
        LabeledImages images = RunSize.QUICK.of(Mnist.load()).test();
        DistanceHistogram here = DistanceHistogram.of(Embeddings.of(network, images), 1 << 18, 4);
        List<String> expected = SubmissionTest.lines(here);
        List<String> found = Files.readAllLines(counts);
        Predicate<String> isFound = new HashSet<>(found)::contains;
        assertEquals(List.of(), expected.stream().filter(isFound.negate()).limit(5).toList(), "missing");
        assertEquals(expected.size(), found.size());
        assertTrue(said.contains("equal error rate"), said);
        for (int worker = 1; worker <= 2; worker++) {
            try (Stream<Path> applications = Files.list(folder.resolve("work" + worker))) {
                assertEquals(1, applications.count(), "each worker ran an executor");
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private Process start(Path log, String... command) throws IOException {
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

    /** The course's jar, which Maven makes only after the tests. */
    private static Path jar(Path folder) throws Exception {
        Path jar = folder.resolve("course.jar");
        Process tool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jar").toString(), "--create",
                "--file", jar.toString(), "-C", HOME.resolve("classes").toString(), ".").inheritIO().start();
        assertEquals(0, tool.waitFor());
        return jar;
    }
}
