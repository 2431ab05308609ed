package siamese.data;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Where the files of a data set are found: a given folder, else the cache, else a mirror, from which they go into the
 * cache. A file is used only if its bytes have an expected SHA-256: decompressed where they are gzip's, whatever its
 * suffix says, or those of an archive as it is. A download is: next mirror on failure, each mirror twice, check, atomic
 * move under a lock.
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

    /** How often a mirror is asked that can be reached. */
    private static final int ATTEMPTS = 2;

    /**
     * A file that is wanted.
     *
     * @param name of the file, without {@code .gz}
     * @param zipped whether it comes as {@code NAME.gz} too, and always so from a mirror
     * @param versions the SHA-256 in hexadecimal digits and the size in bytes, both of the decompressed file, of each
     *     version that will do; the original is the first
     */
    private record Wanted(String name, boolean zipped, List<Version> versions) {

        String onMirror() {
            return zipped ? name + ".gz" : name;
        }

        int most() {
            return versions.stream().mapToInt(Version::bytes).max().orElseThrow();
        }
    }

    /** One version of a file: its size and its SHA-256 in hexadecimal digits. */
    record Version(int bytes, String sha256) {
    }

    /**
     * The data set's folder as the environment has it: {@code SIAMESE_DATA} is the given folder's parent,
     * {@code SIAMESE_CACHE} the cache's, by default {@code data} in the project's folder.
     *
     * @throws IllegalArgumentException if a mirror's address does not start with https
     */
    static DataFolder standard(String name, List<URI> mirrors) {
        for (URI mirror : mirrors) {
            if (!"https".equals(mirror.getScheme())) {
                throw new IllegalArgumentException("mirrors must be reached by https, but one is " + mirror + ".");
            }
        }
        String data = System.getenv("SIAMESE_DATA");
        Path given = data == null || data.isBlank() ? null : Path.of(data).toAbsolutePath().resolve(name);
        return new DataFolder(name, given, Settings.cacheFolder().resolve(name), mirrors, Duration.ofSeconds(20),
                System.out);
    }

    /** The file on this machine, if it is here. */
    Optional<Path> location(String file) {
        return location(file, true);
    }

    private Optional<Path> location(String file, boolean zipped) {
        String unpacked = file.replace("-idx", ".idx"); // as some archivers name MNIST's
        List<String> names = zipped ? List.of(file + ".gz", file, unpacked + ".gz", unpacked) : List.of(file);
        return Stream.of(given, cache).filter(Objects::nonNull).flatMap(folder -> names.stream().map(folder::resolve))
                .filter(Files::exists).findFirst();
    }

    /**
     * {@return the decompressed bytes of a file}
     *
     * @param file its name without {@code .gz}
     * @param bytes its size when decompressed
     * @param sha256 of the decompressed bytes, in hexadecimal digits
     * @throws FileNotFoundException if the file can be had nowhere
     * @throws IOException if the one at hand is not the right one, or the cache cannot be used
     */
    byte[] read(String file, int bytes, String sha256) throws IOException {
        return read(new Wanted(file, true, List.of(new Version(bytes, sha256))));
    }

    /**
     * {@return the bytes of an archive, as they are}
     *
     * @param file its name
     * @param versions any of which will do; the original, which is on the mirrors, is the first
     * @throws FileNotFoundException if the file can be had nowhere
     * @throws IOException if the one at hand is not the right one, or the cache cannot be used
     */
    byte[] readArchive(String file, Version... versions) throws IOException {
        return read(new Wanted(file, false, List.of(versions)));
    }

    private byte[] read(Wanted wanted) throws IOException {
        Optional<Path> found = location(wanted.name, wanted.zipped);
        if (found.isPresent() && !found.get().startsWith(cache)) {
            try {
                return verified(found.get(), wanted);
            } catch (IOException e) {
                throw new IOException(e.getMessage() + "; put the original there, or move this one elsewhere, and "
                        + name.toUpperCase(Locale.ROOT) + " will be fetched.", e);
            }
        }
        try {
            return found.isPresent() ? verified(found.get(), wanted) : download(wanted);
        } catch (IOException damaged) {
            if (found.isEmpty()) {
                throw damaged;
            }
            return download(wanted);
        }
    }

    private byte[] verified(Path path, Wanted wanted) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw new IOException(path + " is not a file");
        }
        try (InputStream in = Files.newInputStream(path)) {
            return verified(path.toString(), in, wanted);
        } catch (AccessDeniedException e) {
            throw new IOException(path + " may not be read, you having no right to", e);
        }
    }

    /** {@return the content if it is the right one; what is wrong is said without a full stop} */
    private static byte[] verified(String what, InputStream in, Wanted wanted) throws IOException {
        byte[] content;
        int most = wanted.most();
        try (InputStream plain = wanted.zipped ? Idx.decompressed(in) : in) {
            content = plain.readNBytes(most + 1);
        } catch (IOException e) {
            throw new IOException(what + " cannot be read ("
                    + (e.getMessage() == null ? "it is cut off" : e.getMessage()) + ")", e);
        }
        Version actual = new Version(content.length, sha256(content));
        if (!wanted.versions.contains(actual)) {
            Version original = wanted.versions.get(0);
            throw new IOException(what + " is not the original file: it has "
                    + (content.length > most ? "more than " + most : content.length) + " bytes with SHA-256 "
                    + actual.sha256.substring(0, 12) + "… instead of " + original.bytes + " bytes with "
                    + original.sha256.substring(0, 12) + "…");
        }
        return content;
    }

    /** Fetches a file once, however many threads (the monitor) and processes (the file lock) ask for it. */
    private byte[] download(Wanted wanted) throws IOException {
        synchronized (DataFolder.class) {
            return downloadAlone(wanted);
        }
    }

    private byte[] downloadAlone(Wanted wanted) throws IOException {
        Path target = cache.resolve(wanted.onMirror());
        Set<String> failures = new LinkedHashSet<>();
        try {
            Files.createDirectories(cache);
            try (FileChannel channel = FileChannel.open(cache.resolve(".lock"), StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                if (Files.exists(target)) {
                    try {
                        // another notebook fetched it while this one waited for the lock
                        return verified(target, wanted);
                    } catch (IOException damaged) {
                        Files.deleteIfExists(target);
                    }
                }
                List<URI> left = new ArrayList<>(mirrors);
                for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
                    for (URI mirror : List.copyOf(left)) {
                        byte[] zipped;
                        byte[] content;
                        try {
                            zipped = fetch(mirror.resolve(wanted.onMirror()), wanted);
                            content = verified("the file there", new ByteArrayInputStream(zipped), wanted);
                        } catch (IOException e) {
                            if (isUnreachable(e)) {
                                left.remove(mirror);
                            }
                            failures.add(mirror.getHost() + ": " + (isUnreachable(e) || e.getMessage() == null
                                    ? "it cannot be reached" : e.getMessage()));
                            continue;
                        }
                        Path part = cache.resolve(wanted.onMirror() + ".part"); // nobody else's, under the lock
                        Files.write(part, zipped);
                        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
                        return content;
                    }
                }
            }
        } catch (IOException e) {
            throw new IOException(name.toUpperCase(Locale.ROOT) + " could not be kept: " + cache + " cannot be used ("
                    + reason(e) + "); make room there, or set SIAMESE_CACHE to a folder that can be written.", e);
        }
        throw new FileNotFoundException(name.toUpperCase(Locale.ROOT) + " could not be had: " + wanted.onMirror()
                + " is " + (given == null ? "not in " : "neither in " + given + " nor in ") + cache
                + ", and no mirror gave it (" + String.join("; ", failures) + "). Put the original files into a folder "
                + name + " and set SIAMESE_DATA to the folder above it, or connect to the network and run this again.");
    }

    private static boolean isUnreachable(IOException e) {
        return e instanceof UnknownHostException || e instanceof ConnectException
                || "Connect timed out".equalsIgnoreCase(e.getMessage());
    }

    private static String reason(IOException e) {
        String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
        return reason == null ? "it is no folder, or you have no right to write there" : reason;
    }

    /** The bytes that a mirror sends, with a line of progress; not checked yet. */
    private byte[] fetch(URI address, Wanted wanted) throws IOException {
        Duration limit = patience.multipliedBy(10);
        long deadline = System.nanoTime() + limit.toNanos();
        HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
        connection.setConnectTimeout((int) Math.min(patience.toMillis(), LONGEST_CONNECT_MILLIS));
        connection.setReadTimeout((int) patience.toMillis());
        Future<?> end = CompletableFuture.runAsync(connection::disconnect,
                CompletableFuture.delayedExecutor(limit.toMillis(), TimeUnit.MILLISECONDS)); // a header that never ends
        try {
            if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
                throw new IOException("it answered " + connection.getResponseCode());
            }
            return body(connection, wanted, deadline);
        } finally {
            end.cancel(true);
            connection.disconnect();
        }
    }

    private byte[] body(HttpURLConnection connection, Wanted wanted, long deadline) throws IOException {
        int most = wanted.most() + LARGEST_OVERHEAD;
        long tenth = Math.max(connection.getContentLengthLong(), 10) / 10;
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        byte[] chunk = new byte[1 << 16];
        InputStream in = connection.getInputStream();
        progress.print("Fetching " + wanted.onMirror() + " from " + connection.getURL().getHost() + " …");
        try {
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                long shown = content.size() / tenth;
                content.write(chunk, 0, n);
                if (content.size() > most) {
                    throw new IOException("it sent more than " + most + " bytes");
                }
                if (System.nanoTime() > deadline) {
                    throw new IOException("it was too slow");
                }
                if (connection.getContentLengthLong() > 0 && content.size() / tenth > shown) {
                    progress.print(" " + Math.min(content.size() / tenth, 10) * 10 + " %");
                }
            }
            return content.toByteArray();
        } finally {
            progress.println();
        }
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This Java has no SHA-256.", e);
        }
    }
}
