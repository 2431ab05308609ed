package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import siamese.Campaign;

/** Downloads from a server on 127.0.0.1 that misbehaves on purpose. */
class DataFolderTest {

    private static final int SIZE = 100_000;

    @TempDir
    private Path folder;

    private final byte[] content = new byte[SIZE];
    private final AtomicInteger goodRequests = new AtomicInteger();
    private final CountDownLatch over = new CountDownLatch(1);
    private final ByteArrayOutputStream progress = new ByteArrayOutputStream();
    private String sha256;
    private byte[] zipped;
    private HttpServer server;
    private ExecutorService threads;

    @BeforeEach
    void start() throws Exception {
        new SplittableRandom(1).nextBytes(content);
        sha256 = sha256(content);
        zipped = gzip(content);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        threads = Executors.newCachedThreadPool();
        server.setExecutor(threads);
        server.createContext("/good/", x -> {
            goodRequests.incrementAndGet();
            send(x, 200, zipped, zipped.length);
        });
        server.createContext("/missing/", x -> send(x, 404, new byte[0], -1));
        server.createContext("/broken/", x -> send(x, 500, new byte[0], -1));
        server.createContext("/wrong/", x -> {
            byte[] other = content.clone();
            other[500]++;
            byte[] body = gzip(other);
            send(x, 200, body, body.length);
        });
        server.createContext("/half/", x -> {
            send(x, 200, Arrays.copyOf(zipped, SIZE / 2), zipped.length);
        });
        server.createContext("/nonsense/",
                x -> send(x, 200, "<html>Sign in to the hotel's network</html>".getBytes(), 0));
        server.createContext("/large/", x -> {
            byte[] body = new byte[SIZE + (1 << 20)];
            send(x, 200, body, body.length);
        });
        server.createContext("/silent/", x -> {
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            x.close();
        });
        server.createContext("/loop/", x -> {
            x.getResponseHeaders().add("Location", x.getRequestURI().toString());
            send(x, 302, new byte[0], -1);
        });
        server.start();
    }

    @AfterEach
    void stop() {
        over.countDown();
        server.stop(0);
        threads.shutdownNow();
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private static void send(HttpExchange x, int status, byte[] body, long length) throws IOException {
        try (x) {
            x.sendResponseHeaders(status, length);
            if (length >= 0) {
                x.getResponseBody().write(body);
            }
        }
    }

    private DataFolder folder(Path given, String... mirrors) {
        return folder(given, Duration.ofSeconds(60), mirrors);
    }

    private DataFolder folder(Path given, Duration patience, String... mirrors) {
        List<URI> addresses = Arrays.stream(mirrors)
                .map(m -> URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/" + m + "/")).toList();
        return new DataFolder("test", given, folder.resolve("cache"), addresses, patience, 
                new PrintStream(progress, true, StandardCharsets.UTF_8));
    }

    private byte[] read(DataFolder from) throws IOException {
        return from.read("file.gz", new DataFolder.Version(SIZE, sha256));
    }

    private List<String> cacheContent() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("cache"))) {
            return files.map(f -> f.getFileName().toString()).filter(f -> !f.equals(".lock")).toList();
        }
    }

    @Test
    void nextMirrorServesWhereOthersMisbehave() throws IOException {
        DataFolder misbehaving = folder(null, "missing", "broken", "wrong", "half", "nonsense", "large", "loop",
                "good");
        assertArrayEquals(content, read(misbehaving));
        assertEquals(List.of("file.gz"), cacheContent());
        assertArrayEquals(content, read(misbehaving));
        assertEquals(1, goodRequests.get(), "the second reading came from the cache");
        String told = progress.toString(StandardCharsets.UTF_8);
        assertTrue(told.startsWith("Fetching file.gz from 127.0.0.1 …"), told);
        assertTrue(told.stripTrailing().endsWith(" 100 %"), told);
    }

    @Test
    void aDownloadSaysHowFarItIs() throws IOException {
        server.createContext("/plain/", x -> send(x, 200, content, SIZE));
        folder(null, "plain").read("file", new DataFolder.Version(SIZE, sha256));
        assertEquals("Fetching file from 127.0.0.1 … 10 % 20 % 30 % 40 % 50 % 60 % 70 % 80 % 90 % 100 %"
                + System.lineSeparator(), progress.toString(StandardCharsets.UTF_8));
        progress.reset();
        server.createContext("/long/", x -> send(x, 200, content, 0)); // of a length that is not told
        folder(null, "long").read("other", new DataFolder.Version(SIZE, sha256));
        assertEquals("Fetching other from 127.0.0.1 …" + System.lineSeparator(),
                progress.toString(StandardCharsets.UTF_8));
    }

    @Test
    void whatLiesWhereNothingWasFoundIsTold() throws IOException {
        Path given = folder.resolve("elsewhere");
        assertTrue(lookedAt(given).contains(given + " and is no folder that can be read, or"), lookedAt(given));
        Files.createDirectories(given);
        assertTrue(lookedAt(given).contains(given + " and is empty, or"), lookedAt(given));
        for (int k = 1; k <= 5; k++) {
            Files.createFile(given.resolve(k + ".txt"));
        }
        assertTrue(lookedAt(given).contains("holds 1.txt, 2.txt, 3.txt, 4.txt, 5.txt, or"), lookedAt(given));
        Files.createFile(given.resolve("6.txt"));
        assertTrue(lookedAt(given).contains("4.txt, 5.txt and more, or"), lookedAt(given));
    }

    private String lookedAt(Path given) {
        return Campaign.refusal(() -> read(folder(given.resolve("test"), "missing")), IOException.class);
    }

    @Test
    void aMirrorThatFailsAtFirstIsAskedAgain() throws IOException {
        AtomicInteger requests = new AtomicInteger();
        server.createContext("/tired/", x -> {
            boolean rested = requests.incrementAndGet() > 1;
            send(x, rested ? 200 : 503, zipped, rested ? zipped.length : -1);
        });
        assertArrayEquals(content, read(folder(null, "tired")));
        requests.set(-100);
        assertThrows(IOException.class, () -> folder(null, "tired").read("other.gz",
                new DataFolder.Version(SIZE, sha256)));
        assertEquals(-98, requests.get(), "each mirror is asked twice, not for ever");
    }

    @Test
    void aCacheThatCannotBeUsedIsNamed() throws IOException {
        Files.writeString(folder.resolve("cache"), "a file");
        String message = Campaign.refusal(() -> read(folder(null, "good")), IOException.class);
        assertTrue(message.startsWith("TEST could not be kept: ") && message.contains("SIAMESE_CACHE"), message);
    }

    @Test
    void builtInMirrorsMustBeReachedByHttps() {
        for (URI mirror : Stream.of(Mnist.MIRRORS, Omniglot.MIRRORS).flatMap(List::stream).toList()) {
            assertEquals("https", mirror.getScheme(), mirror.toString());
        }
    }

    @Test
    void withoutAnyGoodMirrorOneSentenceSaysWhyAndNothingStaysBehind() throws IOException {
        for (String mirror : List.of("missing", "broken", "wrong", "half", "nonsense", "large", "silent", "loop")) {
            String message = assertThrows(IOException.class, () -> read(folder(null, Duration.ofMillis(200), mirror)),
                    mirror).getMessage();
            assertTrue(message.startsWith("TEST could not be had: file.gz is not in "), message);
            assertTrue(message.contains("127.0.0.1: "), message);
            assertTrue(message.contains("SIAMESE_DATA"), message);
            assertFalse(message.contains("null"), message);
            assertEquals(List.of(), cacheContent(), mirror);
        }
    }

    @Test
    void damagedCacheIsFetchedAgain() throws IOException {
        Files.createDirectories(folder.resolve("cache"));
        Files.write(folder.resolve("cache/file.gz"), Arrays.copyOf(zipped, 1000));
        assertArrayEquals(content, read(folder(null, "good")));
        assertEquals(1, goodRequests.get());
    }

    @Test
    void givenFolderComesFirstZippedOrPlain() throws IOException {
        Path given = Files.createDirectories(folder.resolve("given"));
        Files.write(given.resolve("file"), content);
        assertArrayEquals(content, read(folder(given, "missing")));
        Files.delete(given.resolve("file"));
        Files.write(given.resolve("file.gz"), zipped);
        assertArrayEquals(content, read(folder(given, "missing")));
        assertEquals(0, goodRequests.get());
    }

    @Test
    void namesThatArchiversGiveAndSuffixesThatAreWrongAreUnderstood() throws IOException {
        Path given = Files.createDirectories(folder.resolve("given"));
        for (String name : List.of("train-images.idx3-ubyte", "train-images.idx3-ubyte.gz", "train-images-idx3-ubyte",
                "train-images-idx3-ubyte.gz")) {
            for (byte[] bytes : List.of(content, zipped)) {
                Path file = Files.write(given.resolve(name), bytes);
                assertArrayEquals(content, folder(given, "missing").read("train-images-idx3-ubyte.gz",
                        new DataFolder.Version(SIZE, sha256)), name);
                Files.delete(file);
            }
        }
    }

    @Test
    void theFolderItselfAndTorchvisionsAreFound() throws IOException {
        for (String place : List.of("", "TEST/raw", "raw", "test")) {
            Path root = folder.resolve("root" + place.length());
            Files.write(Files.createDirectories(root.resolve(place)).resolve("file"), content);
            assertArrayEquals(content, read(folder(root.resolve("test"), "missing")), place);
        }
    }

    @Test
    void eachMirrorsReasonIsTold() throws IOException {
        server.createContext("/forbidden/", x -> send(x, 403, new byte[0], -1));
        server.createContext("/page/", x -> {
            x.getResponseHeaders().add("Content-Type", "text/html; charset=utf-8");
            send(x, 200, "<html>Sign in</html>".getBytes(), 0);
        });
        Map<String, String> reasons = Map.of("forbidden", "127.0.0.1: it answered 403)", "page",
                "127.0.0.1: it sent a web page instead, as a network does that wants you to log in)");
        for (Map.Entry<String, String> reason : reasons.entrySet()) {
            String message = Campaign.refusal(() -> read(folder(null, reason.getKey())), IOException.class);
            assertTrue(message.contains(reason.getValue()) && !message.contains("elete"), message);
        }
        try (ServerSocket plain = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread answering = new Thread(() -> answerPlainly(plain)); // to whatever TLS says first
            answering.start();
            String tls = Campaign.refusal(() -> read(new DataFolder("test", null, folder.resolve("cache"),
                    List.of(URI.create("https://127.0.0.1:" + plain.getLocalPort() + "/good/")), Duration.ofSeconds(20),
                    new PrintStream(progress, true, StandardCharsets.UTF_8))), IOException.class);
            assertTrue(tls.contains("127.0.0.1: its certificate is not trusted, or TLS fails ("), tls);
        }
    }

    private static void answerPlainly(ServerSocket plain) {
        while (!plain.isClosed()) {
            try (Socket socket = plain.accept()) {
                socket.getInputStream().read();
                socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.UTF_8));
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
            } catch (IOException closed) { // the test is over
            }
        }
    }

    @Test
    void nobodyIsToldToDeleteAFileOfTheirOwn() throws IOException {
        Path given = Files.createDirectories(folder.resolve("given"));
        for (byte[] bytes : List.of(new byte[5], Arrays.copyOf(zipped, 1000), new byte[SIZE + 5])) {
            Path file = Files.write(given.resolve("file.gz"), bytes);
            String message = Campaign.refusal(() -> read(folder(given, "missing")), IOException.class);
            assertTrue(message.startsWith(file.toString())
                    && message.contains("put the original there, or move this one elsewhere"), message);
            assertFalse(message.contains("delete"), message);
        }
    }

    @Test
    void wrongGivenFileIsNamedAndKept() throws IOException {
        Path given = Files.createDirectories(folder.resolve("given"));
        Files.write(given.resolve("file"), new byte[SIZE + 5]);
        assertTrue(assertThrows(IOException.class, () -> read(folder(given, "good"))).getMessage()
                .contains("is not the original file: it has more than " + SIZE));
        assertTrue(Files.exists(given.resolve("file")));
    }

    @Test
    void twoThatStartAtOnceFetchOnce() throws Exception {
        Future<byte[]> other = threads.submit(() -> read(folder(null, "good")));
        assertArrayEquals(content, read(folder(null, "good")));
        assertArrayEquals(content, other.get());
        assertEquals(1, goodRequests.get());
    }

    @Test
    void archiveIsUsedAsItIsInAnyOfItsVersions() throws IOException {
        DataFolder.Version original = new DataFolder.Version(SIZE, sha256);
        byte[] repacked = Arrays.copyOf(content, SIZE - 1);
        DataFolder.Version other = new DataFolder.Version(SIZE - 1, sha256(repacked));
        server.createContext("/archives/", x -> send(x, 200, content, SIZE));
        assertArrayEquals(content, folder(null, "good", "archives").read("file.zip", original, other));
        assertEquals(List.of("file.zip"), cacheContent());
        assertArrayEquals(content, folder(null).read("file.zip", original, other), "from the cache");
        Path given = Files.createDirectories(folder.resolve("given"));
        Files.write(given.resolve("file.zip"), repacked);
        assertArrayEquals(repacked, folder(given).read("file.zip", original, other));
        Files.write(given.resolve("file.zip"), zipped);
        assertArrayEquals(content, folder(given).read("file.zip", original, other), "compressed once more");
        Files.write(given.resolve("file.zip"), Arrays.copyOf(content, SIZE - 2));
        assertTrue(assertThrows(IOException.class, () -> folder(given).read("file.zip", original, other))
                .getMessage()
                .contains("is not the original file: it has "));
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
