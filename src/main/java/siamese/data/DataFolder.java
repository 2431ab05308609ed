package siamese.data;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
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
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * Where the files of a data set are found: a given folder, else the cache, else a mirror, from which they go into the
 * cache. A file is used only if its bytes have an expected SHA-256: those of {@code NAME.gz} when decompressed or of plain
 * {@code NAME}, or those of an archive as it is. A download is: next mirror on failure, check, atomic move under a lock.
 *
 * @param name of the data set and of its folder, such as "mnist"
 * @param given the folder that the user named, which is only read; null if none was named
 * @param cache the folder that downloads go to
 * @param mirrors base addresses, tried in this order
 * @param patience how long a mirror may stay silent, and a tenth of how long one download may take
 */
record DataFolder(String name, Path given, Path cache, List<URI> mirrors, Duration patience) {

    private static final int LARGEST_OVERHEAD = 1 << 16;
    /** Behind a firewall that swallows everything, a reader waits so long for each mirror. */
    private static final int LONGEST_CONNECT_MILLIS = 5000;

    /**
     * A file that is wanted.
     *
     * @param name of the file, without {@code .gz}
     * @param zipped whether it comes as {@code NAME.gz} too, and always so from a mirror
     * @param versions the SHA-256 in hexadecimal digits and the size in bytes, both of the decompressed file, of each version
     *     that will do; the original is the first
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
     */
    static DataFolder standard(String name, List<URI> mirrors) {
        String data = System.getenv("SIAMESE_DATA");
        return new DataFolder(name, data == null || data.isBlank() ? null : Path.of(data).toAbsolutePath().resolve(name),
                RunSize.cacheFolder().resolve(name), mirrors, Duration.ofSeconds(20));
    }

    /** The file on this machine, if it is here. */
    Optional<Path> location(String file) {
        return location(file, true);
    }

    private Optional<Path> location(String file, boolean zipped) {
        return Stream.of(given, cache).filter(Objects::nonNull)
                .flatMap(folder -> zipped ? Stream.of(folder.resolve(file + ".gz"), folder.resolve(file)) : Stream.of(folder.resolve(file)))
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
     * @throws IOException if the file can be had nowhere, or the one at hand is not the right one
     */
    byte[] readArchive(String file, Version... versions) throws IOException {
        return read(new Wanted(file, false, List.of(versions)));
    }

    private byte[] read(Wanted wanted) throws IOException {
        Optional<Path> found = location(wanted.name, wanted.zipped);
        if (found.isPresent() && found.get().startsWith(cache)) {
            try {
                return verified(found.get(), wanted);
            } catch (IOException damaged) {
                Files.delete(found.get());
                found = Optional.empty();
            }
        }
        return verified(found.isPresent() ? found.get() : download(wanted), wanted);
    }

    private byte[] verified(Path path, Wanted wanted) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw new IOException(path + " is not a file; it should be " + name + "'s " + path.getFileName() + ".");
        }
        try (InputStream in = Files.newInputStream(path)) {
            return verified(path.toString(), in, path.toString().endsWith(".gz"), wanted.most(), wanted.versions);
        } catch (AccessDeniedException e) {
            throw new IOException(path + " may not be read; give yourself the right to read it.", e);
        }
    }

    private static byte[] verified(String what, InputStream in, boolean zipped, int most, List<Version> versions) throws IOException {
        byte[] content;
        try (InputStream plain = zipped ? new GZIPInputStream(in, 1 << 16) : in) {
            content = plain.readNBytes(most + 1);
        } catch (IOException e) {
            throw new IOException(what + " cannot be read (" + (e.getMessage() == null ? "it is cut off" : e.getMessage())
                    + "); delete it, and it will be fetched again.", e);
        }
        Version actual = new Version(content.length, sha256(content));
        if (!versions.contains(actual)) {
            Version original = versions.get(0);
            throw new IOException(what + " is not the original file: it has " + (content.length > most ? "more than " + most : content.length)
                    + " bytes with SHA-256 " + actual.sha256.substring(0, 12) + "… instead of " + original.bytes + " bytes with "
                    + original.sha256.substring(0, 12) + "…; delete it, and it will be fetched again.");
        }
        return content;
    }

    /** Fetches a file once, however many threads (the monitor) and processes (the file lock) ask for it. */
    private Path download(Wanted wanted) throws IOException {
        synchronized (DataFolder.class) {
            return downloadAlone(wanted);
        }
    }

    private Path downloadAlone(Wanted wanted) throws IOException {
        Path target = cache.resolve(wanted.onMirror());
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
                        fetch(mirror.resolve(wanted.onMirror()), target, wanted);
                        return target;
                    } catch (IOException e) {
                        failures.add(mirror.getHost() + ": " + (e instanceof UnknownHostException || e.getMessage() == null
                                ? "it cannot be reached" : e.getMessage()));
                    }
                }
            }
        } catch (IOException e) {
            throw new IOException(name.toUpperCase(Locale.ROOT) + " could not be kept: " + cache + " cannot be used (" + e
                    + "); make room there, or set SIAMESE_CACHE to a folder that can be written.", e);
        }
        throw new FileNotFoundException(name.toUpperCase(Locale.ROOT) + " could not be had: " + wanted.onMirror() + " is "
                + (given == null ? "not in " : "neither in " + given + " nor in ") + cache + ", and no mirror gave it (" + String.join("; ", failures)
                + "). Put the original files into a folder " + name + " and set SIAMESE_DATA to the folder above it, or connect to the network and run this again.");
    }

    private void fetch(URI address, Path target, Wanted wanted) throws IOException {
        long deadline = System.nanoTime() + patience.multipliedBy(10).toNanos();
        HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
        connection.setConnectTimeout((int) Math.min(patience.toMillis(), LONGEST_CONNECT_MILLIS));
        connection.setReadTimeout((int) patience.toMillis());
        try {
            if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
                throw new IOException("it answered " + connection.getResponseCode());
            }
            byte[] content = body(connection.getInputStream(), wanted.most() + LARGEST_OVERHEAD, deadline);
            verified("the file there", new ByteArrayInputStream(content), wanted.zipped, wanted.most(), wanted.versions);
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
