package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import siamese.Campaign;

class FacesTest {

    private static final String REAL = "SIAMESE_DATA names no folder with the ORL faces";

    @TempDir
    private Path folder;

    private DataFolder at(List<URI> mirrors) {
        return new DataFolder("faces", folder.resolve("given"), folder.resolve("cache"), mirrors,
                Duration.ofSeconds(5), new PrintStream(new ByteArrayOutputStream()));
    }

    /** Drawn pictures under the names of the faces. */
    private static Map<String, byte[]> drawn(int rows, int columns) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (int i = 0; i < 400; i++) {
            byte[] head = ("P5\n" + columns + " " + rows + "\n255\n").getBytes(StandardCharsets.US_ASCII);
            byte[] file = Arrays.copyOf(head, head.length + rows * columns);
            Arrays.fill(file, head.length, file.length, (byte) (i / 2));
            files.put("s" + (i / 10 + 1) + "/" + (i % 10 + 1) + ".pgm", file);
        }
        return files;
    }

    private String refusal(byte[] archive) throws IOException {
        Files.createDirectories(folder.resolve("given"));
        Files.write(folder.resolve("given/att_faces.zip"), archive);
        return Campaign.refusal(() -> Faces.load(at(List.of()), 56, 46), IOException.class);
    }

    @Test
    void whatIsNotTheFacesIsRefusedInOneSentence() throws IOException {
        Map<String, byte[]> files = drawn(112, 92);
        assertTrue(refusal(Campaign.zip(files)).contains("att_faces.zip has other faces than the ORL set's, or changed ones, "
                + "under the same name; put the original there"));
        assertTrue(refusal(Campaign.zip(drawn(28, 23))).contains("its s1/1.pgm has 28 x 23 pixels instead of 112 x 92"));
        files.put("other/s7/3.pgm", files.get("s7/3.pgm"));
        assertTrue(refusal(Campaign.zip(files)).contains("it has s7/3.pgm in two folders"));
        files.remove("other/s7/3.pgm");
        files.put("s40/10.pgm", Arrays.copyOf(files.get("s40/10.pgm"), 10_000));
        assertTrue(refusal(Campaign.zip(files)).contains("its s40/10.pgm is cut off"));
        files.put("s40/10.pgm", "P2 92 112 255 0 0 0".getBytes(StandardCharsets.US_ASCII));
        assertTrue(refusal(Campaign.zip(files)).contains("its s40/10.pgm is no PGM file of a byte a pixel"));
        files.remove("s40/10.pgm");
        assertTrue(refusal(Campaign.zip(files)).contains("it has no picture s40/10.pgm"));
        assertTrue(refusal("<html>moved</html>".getBytes(StandardCharsets.US_ASCII))
                .contains("is not the archive of the ORL faces"));
    }

    @Test
    void withoutThemTheSentenceSaysWhatToDo() {
        String message = Campaign.refusal(() -> Faces.load(at(List.of()), 56, 46), IOException.class);
        assertTrue(message.contains("FACES could not be had: att_faces.zip is neither in"), message);
        assertTrue(message.contains("Put the original files into a folder faces and set SIAMESE_DATA"), message);
    }

    private static byte[] original() throws IOException {
        return Files.readAllBytes(Path.of(System.getenv("SIAMESE_DATA"), "faces", "att_faces.zip"));
    }

    private static Map<String, byte[]> unpacked() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(original()))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                files.put(entry.getName(), zip.readAllBytes());
            }
        }
        return files;
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "SIAMESE_DATA", matches = ".+", disabledReason = REAL)
    void areTheRealOnes() throws IOException {
        LabeledImages faces = Faces.load();
        assertEquals("ORL faces: 400 images of 56 x 46 pixels in 40 classes", faces.toString());
        assertEquals("s2", faces.classNames().get(1));
        assertTrue(Arrays.stream(faces.classCounts()).allMatch(n -> n == 10));
        byte[] file = unpacked().get("s2/10.pgm");
        LabeledImages own = Faces.load(112, 92);
        byte[] ink = own.bytes(19);
        byte[] half = faces.bytes(19);
        int[] light = new int[112 * 92];
        for (int p = 0; p < light.length; p++) {
            light[p] = file[file.length - light.length + p] & 0xff;
            assertEquals(255 - light[p], ink[p] & 0xff, "pixel " + p);
        }
        for (int p = 0; p < half.length; p++) {
            int q = p / 46 * 2 * 92 + p % 46 * 2;
            double mean = (light[q] + light[q + 1] + light[q + 92] + light[q + 93]) / 4.0;
            assertEquals(255 - mean, half[p] & 0xff, 1, "pixel " + p);
        }
        assertEquals(light[5], own.image(19).getRaster().getSample(5, 0, 0), "a photograph shows as it was");
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "SIAMESE_DATA", matches = ".+", disabledReason = REAL)
    void packedAnewTheyAreTheSameAndAnotherPixelIsNot() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        unpacked().forEach((name, content) -> {
            String text = new String(content, StandardCharsets.ISO_8859_1);
            files.put("orl/" + name, name.endsWith("3.pgm")
                    ? text.replaceFirst("P5\n", "P5\n# made by xv\n").getBytes(StandardCharsets.ISO_8859_1) : content);
        });
        byte[] packed = Campaign.zip(files);
        Files.createDirectories(folder.resolve("given"));
        Files.write(folder.resolve("given/att_faces.zip"), packed);
        assertEquals(Faces.load().fingerprint(), Faces.load(at(List.of()), 56, 46).fingerprint());
        files.get("orl/s5/5.pgm")[5_000]++;
        assertTrue(refusal(Campaign.zip(files)).contains("has other faces than the ORL set's, or changed ones"));
        byte[] swapped = files.put("orl/s1/1.pgm", files.get("orl/s1/2.pgm"));
        files.get("orl/s5/5.pgm")[5_000]--;
        files.put("orl/s1/2.pgm", swapped);
        assertTrue(refusal(Campaign.zip(files)).contains("has other faces than the ORL set's, or changed ones"));
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "SIAMESE_DATA", matches = ".+", disabledReason = REAL)
    void areFetchedIntoTheCacheOnce() throws IOException {
        byte[] archive = original();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/other/", x -> {
            byte[] other = Campaign.zip(drawn(28, 23));
            x.sendResponseHeaders(200, other.length);
            x.getResponseBody().write(other);
            x.close();
        });
        server.createContext("/good/", x -> {
            x.sendResponseHeaders(200, archive.length);
            x.getResponseBody().write(archive);
            x.close();
        });
        server.start();
        String host = "http://127.0.0.1:" + server.getAddress().getPort();
        LabeledImages fetched = Faces.load(at(List.of(URI.create(host + "/other/"), URI.create(host + "/good/"))), 56,
                46);
        server.stop(0);
        assertEquals(Faces.load().fingerprint(), fetched.fingerprint());
        assertArrayEquals(archive, Files.readAllBytes(folder.resolve("cache/att_faces.zip")));
        assertEquals(fetched.fingerprint(), Faces.load(at(List.of()), 56, 46).fingerprint(), "from the cache");
    }
}
