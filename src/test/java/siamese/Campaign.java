package siamese;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** What the long test campaigns share: their size, the figures that they print, and the memory that something took. */
public final class Campaign {

    private Campaign() {
    }

    /**
     * {@return the second number in {@code python3 course.py test --long}, which sets SIAMESE_LONG, else the first; under
     * mutation testing, which runs every test many times, a twentieth of the first}
     */
    public static int size(int normal, int inTheLongForm) {
        return "brief".equals(System.getProperty("siamese.campaign")) ? Math.max(2, normal / 20)
                : "1".equals(System.getenv("SIAMESE_LONG")) ? inTheLongForm : normal;
    }

    /** Prints a line that the launcher shows. */
    public static void figure(String format, Object... values) {
        System.out.println("Figure: " + String.format(Locale.ROOT, format, values));
    }

    /** {@return the bytes that this thread has allocated on the Java heap so far} */
    public static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    /** What something returned, and what it printed on standard output meanwhile. */
    public record Printed<T>(T result, String text) {
    }

    /** {@return what something returns and prints} */
    public static <T, E extends Exception> Printed<T> printed(Attempt<T, E> attempt) throws E {
        ByteArrayOutputStream caught = new ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(caught, true, StandardCharsets.UTF_8));
        try {
            T result = attempt.call();
            return new Printed<>(result, caught.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(before);
        }
    }

    /** Something that returns a value, or fails in a way of its own. */
    public interface Attempt<T, E extends Exception> {

        T call() throws E;
    }

    /** {@return an archive of files, by their names} */
    public static byte[] zip(Map<String, byte[]> files) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                zip.putNextEntry(new ZipEntry(file.getKey()));
                zip.write(file.getValue());
            }
        }
        return out.toByteArray();
    }

    /** {@return what is wrong with a message that should be one clear sentence; "" if nothing is} */
    public static String faults(String message) {
        if (message == null || message.isBlank()) {
            return "it is empty";
        }
        return message.contains("\n") || message.length() > 600 ? "it is long"
                : !message.endsWith(".") ? "it does not end"
                : message.matches("(?s).*(\\bnull\\b|Exception|Error:|\\.java:).*") ? "it speaks to programmers" : "";
    }

    /** {@return the message with which something failed, or null if it did not; only one kind of exception may be thrown} */
    public static <T> String refusal(Callable<T> attempt, Class<? extends Exception> kind) {
        try {
            attempt.call();
            return null;
        } catch (Exception e) {
            if (!kind.isInstance(e)) {
                throw new AssertionError("Threw " + e + " instead of " + kind.getSimpleName(), e);
            }
            String faults = faults(e.getMessage());
            if (!faults.isEmpty()) {
                throw new AssertionError("The message is not one clear sentence (" + faults + "): " + e.getMessage(), e);
            }
            return e.getMessage();
        }
    }
}
