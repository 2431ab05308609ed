package siamese.data;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.Authenticator;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.PasswordAuthentication;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * Where the files of a data set are found: a given folder, else the cache, else a mirror, from which they go into the
 * cache. A file is used only if its bytes, decompressed where they are gzip's, whatever its suffix says, have an
 * expected SHA-256. A download is: next mirror on failure, each mirror twice, check, atomic move under a lock.
 *
 * @param name of the data set and of its folder, such as "mnist"
 * @param given the folder that the user named, which is only read; null if none was named
 * @param cache the folder that downloads go to
 * @param mirrors base addresses, tried in this order
 * @param patience how long a mirror may stay silent, and a tenth of how long one download may take
 * @param progress where downloads say how far they are
 */
record DataFolder(String name, Path given, Path cache, List<URI> mirrors, Duration patience,
        PrintStream progress) {

    private static final int LARGEST_OVERHEAD = 1 << 16;
    /** Behind a firewall that swallows everything, a reader waits so long for each mirror. */
    private static final int LONGEST_CONNECT_MILLIS = 5000;

    private static final String UNREACHABLE = "it cannot be reached";

    /** How often a mirror is asked that can be reached. */
    private static final int ATTEMPTS = 2;

    /** One version of a file: its size in bytes and its SHA-256 in hexadecimal digits, both decompressed. */
    record Version(int bytes, String sha256) {
    }

    /** What tells the right file from others. */
    interface Expected {

        /** {@return the size in bytes of the largest that may be right, decompressed} */
        int most();

        /** {@return what is wrong with a content, to follow the file's name; null if it is the right one} */
        String trouble(byte[] content);
    }

    /** {@return what only some versions of a file meet} */
    private static Expected oneOf(Version... versions) {
        return new Expected() {
            @Override
            public int most() {
                return Stream.of(versions).mapToInt(Version::bytes).max().orElseThrow();
            }

            @Override
            public String trouble(byte[] content) {
                Version actual = new Version(content.length, DigestUtils.sha256Hex(content));
                return List.of(versions).contains(actual) ? null
                        : String.format("is not the original file: it has %s bytes with SHA-256 %.12s… "
                        + "instead of %d bytes with %.12s…", content.length > most() ? "more than " + most()
                        : content.length, actual.sha256, versions[0].bytes, versions[0].sha256);
            }
        };
    }

    /**
     * The data set's folder as the environment has it: {@code SIAMESE_DATA} is the given folder's parent,
     * {@code SIAMESE_CACHE} the cache's, by default {@code data} in the project's folder.
     */
    static DataFolder standard(String name, List<URI> mirrors) {
        String data = System.getenv("SIAMESE_DATA");
        Path given = data == null || data.isBlank() ? null : Path.of(data).toAbsolutePath().resolve(name);
        return new DataFolder(name, given, Settings.cacheFolder().resolve(name), mirrors, Duration.ofSeconds(20),
                System.out);
    }

    private Optional<Path> location(String file) {
        String plain = file.replace(".gz", "");
        String unpacked = plain.replace("-idx", ".idx"); // as some archivers name MNIST's
        List<String> names = List.of(file, plain, unpacked + ".gz", unpacked);
        return Stream.concat(places(), Stream.of(cache)).flatMap(folder -> names.stream().map(folder::resolve))
                .filter(Files::exists).findFirst();
    }

    /** The given folder, and where others keep the same files: in the one above it, or as torchvision does. */
    private Stream<Path> places() {
        return Stream.ofNullable(given).flatMap(folder -> Stream.of(folder, folder.resolveSibling(""),
                folder.resolveSibling(Path.of(name.toUpperCase(Locale.ROOT), "raw")), folder.resolveSibling("raw")));
    }

    /** What is in a folder, for a reader who looks for something else there. */
    private static String content(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            List<String> names = files.map(file -> file.getFileName().toString()).sorted().limit(6).toList();
            return names.isEmpty() ? "is empty" : "holds "
                    + String.join(", ", names.subList(0, Math.min(5, names.size())))
                    + (names.size() > 5 ? " and more" : "");
        } catch (IOException e) {
            return "is no folder that can be read";
        }
    }

    /** Why a mirror did not give a file, in words for the reader. */
    private static String reason(IOException e) {
        String said = Objects.requireNonNullElse(e.getMessage(), "it broke off");
        return e instanceof UnknownHostException || e instanceof ConnectException
                || "Connect timed out".equalsIgnoreCase(said) ? UNREACHABLE
                : e instanceof SSLException ? "its certificate is not trusted, or TLS fails (" + said + ")" : said;
    }

    /**
     * {@return the bytes of a file, decompressed}
     *
     * @param file its name on the mirrors; {@code .gz} may be missing elsewhere
     * @param versions any of which will do; the original, which is on the mirrors, is the first
     * @throws FileNotFoundException if the file can be had nowhere
     * @throws IOException if the one at hand is not the right one, or the cache cannot be used
     */
    byte[] read(String file, Version... versions) throws IOException {
        return read(file, oneOf(versions));
    }

    /** The same for a file of which more is known, or less, than its bytes. */
    byte[] read(String file, Expected expected) throws IOException {
        Optional<Path> found = location(file);
        if (found.isPresent()) {
            try {
                return verified(found.get(), expected);
            } catch (IOException e) {
                if (!found.get().startsWith(cache)) {
                    throw new IOException(e.getMessage() + "; put the original there, or move this one elsewhere, and "
                            + name.toUpperCase(Locale.ROOT) + " will be fetched.", e);
                }
            }
        }
        synchronized (DataFolder.class) { // however many threads ask for it; the file lock is for processes
            return download(file, expected);
        }
    }

    private static byte[] verified(Path path, Expected expected) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw new IOException(path + " is not a file");
        }
        if (!Files.isReadable(path)) {
            throw new IOException(path + " may not be read, you having no right to");
        }
        return verified(path.toString(), Files.newInputStream(path), expected);
    }

    /** {@return the content if it is the right one; what is wrong is said without a full stop} */
    private static byte[] verified(String what, InputStream file, Expected expected) throws IOException {
        byte[] content;
        try (file; InputStream plain = Idx.decompressed(file)) {
            content = plain.readNBytes(expected.most() + 1);
        } catch (IOException e) {
            throw new IOException(what + " cannot be read ("
                    + Objects.requireNonNullElse(e.getMessage(), "it is cut off") + ")", e);
        }
        String trouble = expected.trouble(content);
        if (trouble != null) {
            throw new IOException(what + " " + trouble);
        }
        return content;
    }

    private byte[] download(String file, Expected expected) throws IOException {
        Path target = cache.resolve(file);
        try {
            Files.createDirectories(cache);
            try (FileChannel channel = FileChannel.open(cache.resolve(".lock"), StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                try {
                    return verified(target, expected); // another notebook fetched it while this one waited
                } catch (IOException absentOrDamaged) {
                    Files.deleteIfExists(target);
                }
                byte[] fetched = fetch(file, expected);
                Path part = cache.resolve(file + ".part"); // nobody else's, under the lock
                Files.write(part, fetched);
                Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
                return verified(target, expected);
            }
        } catch (FileNotFoundException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(name.toUpperCase(Locale.ROOT)
                    + " could not be kept: there is no room, or no right to "
                    + "write, in " + cache + " (" + e.getMessage() + "); set SIAMESE_CACHE to another folder.", e);
        }
    }

    /** The file as a mirror has it, checked. */
    private byte[] fetch(String file, Expected expected) throws FileNotFoundException {
        Map<String, String> failures = new LinkedHashMap<>();
        List<URI> left = new ArrayList<>(mirrors);
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            for (URI mirror : List.copyOf(left)) {
                try {
                    byte[] fetched = fetch(mirror.resolve(file), file, expected.most() + LARGEST_OVERHEAD);
                    verified("the file there", new ByteArrayInputStream(fetched), expected);
                    return fetched;
                } catch (IOException e) {
                    failures.put(mirror.getHost(), reason(e));
                    if (failures.get(mirror.getHost()).equals(UNREACHABLE)) {
                        left.remove(mirror);
                    }
                }
            }
        }
        throw new FileNotFoundException(name.toUpperCase(Locale.ROOT) + " could not be had: " + file + " is "
                + (given == null ? "not in the cache" : "neither in " + given + " nor in the cache")
                + ", and no mirror gave it (" + failures.entrySet().stream()
                        .map(failure -> failure.getKey() + ": " + failure.getValue()).collect(Collectors.joining("; "))
                + "). Put the original files into a folder " + name + " and set SIAMESE_DATA to the folder above it"
                + (given == null ? "" : ", which is " + given.getParent() + " and " + content(given.getParent()))
                + ", or connect to the network and run this again.");
    }

    /** The bytes that a mirror sends, with a line of progress; not checked yet. */
    private byte[] fetch(URI address, String file, int most) throws IOException {
        Duration limit = patience.multipliedBy(10);
        long deadline = System.nanoTime() + limit.toNanos();
        HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
        connection.setConnectTimeout((int) Math.min(patience.toMillis(), LONGEST_CONNECT_MILLIS));
        connection.setReadTimeout((int) patience.toMillis());
        connection.setAuthenticator(new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() { // the launcher takes them from HTTPS_PROXY
                String user = System.getenv("SIAMESE_PROXY_USER");
                return user == null || getRequestorType() != RequestorType.PROXY ? null
                        : new PasswordAuthentication(user, System.getenv("SIAMESE_PROXY_PASSWORD").toCharArray());
            }
        });
        CompletableFuture<Void> end = CompletableFuture.runAsync(connection::disconnect,
                CompletableFuture.delayedExecutor(limit.toMillis(), TimeUnit.MILLISECONDS)); // a header that never ends
        try {
            if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
                throw new IOException("it answered " + connection.getResponseCode());
            }
            if (String.valueOf(connection.getContentType()).startsWith("text/html")) {
                throw new IOException("it sent a web page instead, as a network does that wants you to log in");
            }
            progress.print("Fetching " + file + " from " + connection.getURL().getHost() + " …");
            return body(connection, most, deadline);
        } finally {
            end.cancel(true);
            connection.disconnect();
        }
    }

    private byte[] body(HttpURLConnection connection, int most, long deadline) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        byte[] chunk = new byte[1 << 16];
        long length = connection.getContentLengthLong();
        int shown = 0;
        try {
            InputStream in = connection.getInputStream();
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                content.write(chunk, 0, n);
                if (content.size() > most || System.nanoTime() > deadline) {
                    throw new IOException(content.size() > most ? "it sent more than " + most + " bytes"
                            : "it was too slow");
                }
                while (length > 0 && 10L * content.size() >= (shown + 1) * length) {
                    progress.print(" " + 10 * ++shown + " %");
                }
            }
        } catch (IOException e) {
            if (!"Premature EOF".equals(e.getMessage())) { // Java 25, for fewer bytes than announced; they are checked
                throw e;
            }
        } finally {
            progress.println();
        }
        return content.toByteArray();
    }
}
