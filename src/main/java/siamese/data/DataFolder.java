package siamese.data;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * Where the files of a data set are found: a given folder, else the cache, else a mirror, from which they go into the
 * cache. A file comes as {@code NAME.gz} or as plain {@code NAME}, and is used only if the decompressed bytes have the
 * expected SHA-256. A download is: next mirror on failure, check, atomic move under a lock.
 *
 * @param name of the data set and of its folder, such as "mnist"
 * @param given the folder that the user named, which is only read; null if none was named
 * @param cache the folder that downloads go to
 * @param mirrors base addresses, tried in this order
 * @param patience how long a mirror may stay silent, and a tenth of how long one download may take
 */
record DataFolder(String name, Path given, Path cache, List<URI> mirrors, Duration patience) {

    private static final int LARGEST_OVERHEAD = 1 << 16;

    /**
     * The data set's folder as the environment has it: {@code SIAMESE_DATA} is the given folder's parent,
     * {@code SIAMESE_CACHE} the cache's, by default {@code data} in the project's folder.
     */
    static DataFolder standard(String name, List<URI> mirrors) {
        String data = System.getenv("SIAMESE_DATA");
        return new DataFolder(name, data == null || data.isBlank() ? null : Path.of(data).toAbsolutePath().resolve(name),
                RunSize.cacheFolder().resolve(name), mirrors, Duration.ofSeconds(20));
    }

    /** The file on this machine, if it is here. */
    Optional<Path> location(String file) {
        return candidates(file).stream().filter(Files::exists).findFirst();
    }

    private List<Path> candidates(String file) {
        List<Path> paths = new ArrayList<>();
        if (given != null) {
            paths.add(given.resolve(file + ".gz"));
            paths.add(given.resolve(file));
        }
        paths.add(cache.resolve(file + ".gz"));
        paths.add(cache.resolve(file));
        return paths;
    }

    /**
     * {@return the decompressed bytes of a file}
     *
     * @param file its name without {@code .gz}
     * @param bytes its size when decompressed
     * @param sha256 of the decompressed bytes, in hexadecimal digits
     * @throws IOException if the file can be had nowhere, or the one at hand is not the right one
     */
    byte[] read(String file, int bytes, String sha256) throws IOException {
        Optional<Path> found = location(file);
        if (found.isPresent() && found.get().startsWith(cache)) {
            try {
                return verified(found.get(), bytes, sha256);
            } catch (IOException damaged) {
                Files.delete(found.get());
                found = Optional.empty();
            }
        }
        return verified(found.isPresent() ? found.get() : download(file, bytes, sha256), bytes, sha256);
    }

    private byte[] verified(Path path, int bytes, String sha256) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw new IOException(path + " is not a file; it should be " + name + "'s " + path.getFileName() + ".");
        }
        try (InputStream in = Files.newInputStream(path)) {
            return verified(path.toString(), in, path.toString().endsWith(".gz"), bytes, sha256);
        }
    }

    private static byte[] verified(String what, InputStream in, boolean zipped, int bytes, String sha256) throws IOException {
        byte[] content;
        try (InputStream plain = zipped ? new GZIPInputStream(in, 1 << 16) : in) {
            content = plain.readNBytes(bytes + 1);
        } catch (IOException e) {
            throw new IOException(what + " cannot be read (" + e.getMessage() + "); delete it, and it will be fetched again.", e);
        }
        String actual = sha256(content);
        if (content.length != bytes || !actual.equals(sha256)) {
            throw new IOException(what + " is not the original file: it has " + (content.length > bytes ? "more than " + bytes : content.length)
                    + " bytes with SHA-256 " + actual.substring(0, 12) + "… instead of " + bytes + " bytes with "
                    + sha256.substring(0, 12) + "…; delete it, and it will be fetched again.");
        }
        return content;
    }

    /** Fetches a file once, however many threads (the monitor) and processes (the file lock) ask for it. */
    private Path download(String file, int bytes, String sha256) throws IOException {
        synchronized (DataFolder.class) {
            return downloadAlone(file, bytes, sha256);
        }
    }

    private Path downloadAlone(String file, int bytes, String sha256) throws IOException {
        Path target = cache.resolve(file + ".gz");
        List<String> failures = new ArrayList<>();
        try {
            Files.createDirectories(cache);
            try (FileChannel channel = FileChannel.open(cache.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                if (Files.exists(target)) { // another notebook fetched it while this one waited for the lock
                    return target;
                }
                for (URI mirror : mirrors) {
                    try {
                        fetch(mirror.resolve(file + ".gz"), target, bytes, sha256);
                        return target;
                    } catch (IOException e) {
                        failures.add(mirror.getHost() + ": " + (e instanceof UnknownHostException || e.getMessage() == null
                                ? "it cannot be reached" : e.getMessage()));
                    }
                }
            }
        } catch (IOException e) {
            failures.add(cache + ": " + e);
        }
        throw new IOException(name.toUpperCase(Locale.ROOT) + " could not be had: " + file + ".gz is "
                + (given == null ? "not in " : "neither in " + given + " nor in ") + cache + ", and no mirror gave it (" + String.join("; ", failures)
                + "). Put the four original files into a folder mnist and set SIAMESE_DATA to the folder above it, or connect to the network and run this again.");
    }

    private void fetch(URI address, Path target, int bytes, String sha256) throws IOException {
        long deadline = System.nanoTime() + patience.multipliedBy(10).toNanos();
        HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
        connection.setConnectTimeout((int) patience.toMillis());
        connection.setReadTimeout((int) patience.toMillis());
        try {
            if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
                throw new IOException("it answered " + connection.getResponseCode());
            }
            byte[] content = body(connection.getInputStream(), bytes + LARGEST_OVERHEAD, deadline);
            verified("the file there", new ByteArrayInputStream(content), true, bytes, sha256);
            Path part = Files.createTempFile(target.getParent(), target.getFileName().toString(), ".part");
            try {
                Files.write(part, content);
                Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
        } finally {
            connection.disconnect();
        }
    }

    private static byte[] body(InputStream in, int most, long deadline) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        byte[] chunk = new byte[1 << 16];
        for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
            content.write(chunk, 0, n);
            if (content.size() > most) {
                throw new IOException("it sent more than " + most + " bytes");
            }
            if (System.nanoTime() > deadline) {
                throw new IOException("it was too slow");
            }
        }
        return content.toByteArray();
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This Java has no SHA-256.", e);
        }
    }
}
