package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import siamese.Campaign;

/** Downloads over connections that break, through proxies, and in processes that are killed; all on 127.0.0.1. */
class DownloadTest {

    private static final int SIZE = 3_000_000;

    @TempDir
    private Path folder;

    private final Map<String, Behaviour> behaviours = new TreeMap<>();
    private final Queue<String> requests = new ConcurrentLinkedQueue<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private ServerSocket server;
    private byte[] content;
    private byte[] zipped;
    private String sha256;

    /** What the server does once it has read a request. */
    private interface Behaviour {
        void answer(Socket socket, OutputStream out) throws Exception;
    }

    @BeforeEach
    void start() throws Exception {
        content = new byte[SIZE];
        new SplittableRandom(1).nextBytes(content);
        sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(content);
        }
        zipped = packed.toByteArray();
        int half = zipped.length / 2;
        behaviours.put("good", (s, out) -> {
            head(out, zipped.length);
            out.write(zipped);
        });
        behaviours.put("reset", (s, out) -> {
            head(out, zipped.length);
            out.write(zipped, 0, half);
            s.setSoLinger(true, 0); // closing sends a reset
        });
        behaviours.put("reset-at-once", (s, out) -> s.setSoLinger(true, 0));
        behaviours.put("stall", (s, out) -> {
            head(out, zipped.length);
            out.write(zipped, 0, half);
            out.flush();
            over.await();
        });
        behaviours.put("cut", (s, out) -> {
            head(out, -1);
            out.write(zipped, 0, half);
        });
        behaviours.put("longer", (s, out) -> {
            head(out, 2 * zipped.length);
            out.write(zipped);
        });
        behaviours.put("shorter", (s, out) -> {
            head(out, half);
            out.write(zipped);
        });
        behaviours.put("endless", (s, out) -> {
            head(out, -1);
            while (true) {
                out.write(zipped);
            }
        });
        behaviours.put("trickle", (s, out) -> {
            head(out, zipped.length);
            for (byte b : zipped) {
                out.write(b);
                out.flush();
                over.await(10, TimeUnit.MILLISECONDS);
            }
        });
        behaviours.put("trickling-head", (s, out) -> {
            out.write("HTTP/1.1 200 OK\r\n".getBytes(StandardCharsets.US_ASCII));
            while (over.getCount() > 0) {
                out.write('X');
                out.flush();
                over.await(10, TimeUnit.MILLISECONDS);
            }
        });
        behaviours.put("elsewhere", (s, out) ->
                out.write(("HTTP/1.1 302 Found\r\nLocation: " + folder.resolve("secret").toUri()
                + "\r\nContent-Length: 0\r\n\r\n").getBytes(StandardCharsets.US_ASCII)));
        behaviours.put("nonsense", (s, out) ->
                out.write("I am not a web server\r\n".getBytes(StandardCharsets.US_ASCII)));
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        threads.submit(this::serve);
    }

    @AfterEach
    void stop() throws IOException {
        over.countDown();
        server.close();
        threads.shutdownNow();
    }

    private void serve() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                threads.submit(() -> {
                    try (socket) {
                        answer(socket);
                    } catch (Exception e) { // the client went away, as it should
                    }
                });
            } catch (IOException e) { // closed
            }
        }
    }

    private void answer(Socket socket) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(),
                StandardCharsets.US_ASCII));
        String request = in.readLine();
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            // headers say nothing here
        }
        requests.add(request);
        String[] path = request.split(" ")[1].split("/");
        Behaviour behaviour = path.length < 2 ? null : behaviours.get(path[path.length - 2]);
        OutputStream out = socket.getOutputStream();
        if (behaviour == null) {
            out.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        } else {
            behaviour.answer(socket, out);
        }
        out.flush();
    }

    private static void head(OutputStream out, int length) throws IOException {
        out.write(("HTTP/1.1 200 OK\r\nConnection: close\r\n" + (length < 0 ? "" : "Content-Length: " + length + "\r\n")
                + "\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    }

    private static DataFolder data(Path cache, Duration patience, URI... mirrors) {
        return new DataFolder("test", null, cache, List.of(mirrors), patience,
                new PrintStream(OutputStream.nullOutputStream()));
    }

    private URI mirror(String behaviour) {
        return URI.create("http://127.0.0.1:" + server.getLocalPort() + "/" + behaviour + "/");
    }

    private Path cache() {
        return folder.resolve("cache");
    }

    private List<String> cacheContent() throws IOException {
        try (Stream<Path> files = Files.list(cache())) {
            return files.map(f -> f.getFileName().toString()).filter(f -> !f.equals(".lock")).toList();
        }
    }

    private byte[] readFromGoodMirror() throws IOException {
        return data(cache(), Duration.ofSeconds(60), mirror("good"))
                .read("file.gz", new DataFolder.Version(SIZE, sha256));
    }

    @Tag("slow")
    @Test
    void brokenConnectionsEndInOneSentenceAndLeaveNothing() throws IOException {
        Files.write(folder.resolve("secret"), zipped);
        behaviours.remove("longer"); // all bytes were there, whatever their number was said to be
        List<String> bad = behaviours.keySet().stream().filter(b -> !b.equals("good")).toList();
        for (String behaviour : bad) {
            String message = Campaign.refusal(() -> data(cache(), Duration.ofMillis(150), mirror(behaviour))
                    .read("file.gz", new DataFolder.Version(SIZE, sha256)), IOException.class);
            assertTrue(message != null && message.startsWith("TEST could not be had: file.gz is not in "),
                    behaviour + ": " + message);
            assertEquals(List.of(), cacheContent(), behaviour);
        }
        assertEquals(2 * bad.size(), requests.size() + repeatedByJava(), "each mirror is asked twice: " + requests);
        assertArrayEquals(content, readFromGoodMirror());
        Campaign.figure("downloads: %d ways to misbehave, each refused in one sentence, nothing left behind",
                bad.size());
    }

    /** Java itself repeats a request whose connection broke before any answer. */
    private int repeatedByJava() {
        long times = requests.stream().filter(r -> r.contains("/reset-at-once/")).count();
        return (int) (2 - times);
    }

    @Test
    void nextMirrorServesWhereConnectionsBreak() throws IOException {
        assertArrayEquals(content, data(cache(), Duration.ofSeconds(60), mirror("reset"), mirror("cut"),
                mirror("shorter"), mirror("endless"), mirror("elsewhere"), mirror("nonsense"), mirror("good"))
                .read("file.gz", new DataFolder.Version(SIZE, sha256)));
        assertEquals(List.of("file.gz"), cacheContent());
    }

    @Test
    void rightBytesAreRightWhateverTheirNumberWasSaidToBe() throws IOException {
        assertArrayEquals(content, data(cache(), Duration.ofSeconds(60), mirror("longer"))
                .read("file.gz", new DataFolder.Version(SIZE, sha256)));
    }

    // Processes

    /** What a child process does: read the file from a mirror. */
    public static void main(String[] args) throws IOException {
        data(Path.of(args[0]), Duration.ofSeconds(60), URI.create(args[1]))
                .read("file.gz", new DataFolder.Version(Integer.parseInt(args[2]), args[3]));
    }

    private Process child(String behaviour) throws IOException {
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-cp", System.getProperty("java.class.path"), DownloadTest.class.getName(), cache().toString(),
                mirror(behaviour).toString(), Integer.toString(SIZE), sha256).inheritIO().start();
    }

    /** Where in a download a process is killed. */
    private enum Moment {
        BEFORE_THE_REQUEST, IN_THE_FIRST_HALF, IN_THE_SECOND_HALF, ALL_SENT, FIRST_SEEN_ON_DISK, COMPLETE
    }

    @Tag("slow")
    @Test
    void killedAtAnyMomentTheNextStartEndsWithTheRightFile() throws Exception {
        int n = Campaign.size(6, 50);
        SplittableRandom random = new SplittableRandom(11);
        int[] left = new int[3]; // no file, the beginning of one, the whole
        for (int k = 0; k < n; k++) {
            Moment moment = Moment.values()[k % Moment.values().length];
            int half = zipped.length / 2;
            int sent = switch (moment) {
                case IN_THE_FIRST_HALF -> random.nextInt(half);
                case IN_THE_SECOND_HALF -> half + random.nextInt(half);
                default -> zipped.length;
            };
            CompletableFuture<Process> victim = new CompletableFuture<>();
            behaviours.put("killing", (s, out) -> {
                head(out, zipped.length);
                out.write(zipped, 0, sent);
                out.flush();
                if (sent < zipped.length || moment == Moment.ALL_SENT) {
                    victim.get().destroyForcibly();
                }
            });
            Process child = child("killing");
            victim.complete(child);
            Path sign = cache().resolve(moment == Moment.BEFORE_THE_REQUEST ? ".lock" : moment == Moment.COMPLETE
                    ? "file.gz" : "file.gz.part");
            if (moment == Moment.BEFORE_THE_REQUEST || moment == Moment.FIRST_SEEN_ON_DISK
                    || moment == Moment.COMPLETE) {
                while (child.isAlive() && !Files.exists(sign)) {
                    Thread.onSpinWait();
                }
                child.destroyForcibly();
            }
            child.waitFor();
            Path target = cache().resolve("file.gz");
            if (Files.exists(target)) {
                assertArrayEquals(zipped, Files.readAllBytes(target), "killed " + moment);
            }
            assertTrue(moment != Moment.COMPLETE || Files.exists(target), "killed after it was complete");
            left[Files.exists(target) ? 2 : Files.exists(cache().resolve("file.gz.part")) ? 1 : 0]++;
            assertArrayEquals(content, readFromGoodMirror(), "killed " + moment);
            assertEquals(List.of("file.gz"), cacheContent(), "killed " + moment);
            Files.delete(target);
            Files.delete(cache().resolve(".lock")); // the sign of the next child
        }
        Campaign.figure("downloads: killed at %d moments from before the request to after the end; %d times no file "
                + "was left, %d times the beginning of one, %d times all of it; the next start always had the right "
                + "file", n, left[0], left[1], left[2]);
    }

    @Tag("slow")
    @Test
    void processesThatStartAtOnceFetchOnce() throws Exception {
        List<Process> children = new ArrayList<>();
        for (int k = 0; k < 2; k++) {
            children.add(child("good"));
        }
        assertArrayEquals(content, readFromGoodMirror());
        for (Process child : children) {
            assertEquals(0, child.waitFor());
        }
        assertEquals(1, requests.size(), requests.toString());
    }
}
