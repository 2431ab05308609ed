package siamese.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import siamese.data.LabeledImages;
import siamese.data.Mnist;
import siamese.data.RunSize;
import siamese.evaluation.DistanceHistogram;
import siamese.evaluation.Embeddings;
import siamese.model.SiameseNetwork;

/** spark-submit on a master and two workers. */
@Timeout(900)
class StandaloneTest {

    @Test
    void theSubmittedEvaluationCountsWhatOneMachineCounts(@TempDir Path folder) throws Exception {
        try (Standalone cluster = new Standalone(folder)) {
            submits(cluster, folder);
        }
    }

    private static void submits(Standalone cluster, Path folder) throws Exception {
        SiameseNetwork network = SiameseNetwork.overview(7);
        network.save(folder.resolve("network.zip"));
        Path output = folder.resolve("output");
        Process submit = cluster.start(folder.resolve("submit.log"), "org.apache.spark.deploy.SparkSubmit", "--master",
                cluster.master(),
                "--conf", "spark.driver.host=127.0.0.1", "--conf", "spark.driver.bindAddress=127.0.0.1",
                "--conf", "spark.executor.memory=768m", "--conf", "spark.cores.max=2",
                "--class", "siamese.spark.Submission", jar(folder).toString(), folder.resolve("network.zip").toString(),
                output.toString(), "--storage", folder.resolve("blocks").toUri().toString());
        int status = submit.waitFor();
        String said = Files.readString(folder.resolve("submit.log"));
        assertEquals(0, status, said);
        LabeledImages images = RunSize.QUICK.of(Mnist.load()).test();
        DistanceHistogram here = DistanceHistogram.of(Embeddings.of(network, images), 1 << 18, 4);
        List<String> expected = SubmissionTest.lines(here);
        List<String> found = Files.readAllLines(output.resolve("roc.csv"));
        Predicate<String> isFound = new HashSet<>(found)::contains;
        assertEquals(List.of(), expected.stream().filter(isFound.negate()).limit(5).toList(), "missing");
        assertEquals(expected.size(), found.size());
        assertEquals(1 + 2 * 20, Files.readAllLines(output.resolve("worst.csv")).size());
        assertTrue(said.contains("equal error rate"), said);
        for (int worker = 1; worker <= 2; worker++) {
            try (Stream<Path> applications = Files.list(folder.resolve("work" + worker))) {
                assertEquals(1, applications.count(), "each worker ran an executor");
            }
        }
    }

    /** The course's jar, which Maven makes only after the tests. */
    private static Path jar(Path folder) throws Exception {
        Path jar = folder.resolve("course.jar");
        Process tool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jar").toString(), "--create",
                "--file", jar.toString(), "-C", Standalone.HOME.resolve("classes").toString(), ".").inheritIO().start();
        assertEquals(0, tool.waitFor());
        return jar;
    }
}
