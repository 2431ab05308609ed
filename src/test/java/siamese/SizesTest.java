package siamese;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import siamese.model.SiameseNetwork;

/**
 * The budget of the library: what a reader has to take in stays small. The design asks for 5,600 lines, 32 and 45 types,
 * which the opening to any network has not reached; these limits are what stands, so that it can only become less. A
 * chapter that needs more moves them.
 */
class SizesTest {

    private static final int CODE_LINES = 8_852;
    private static final int PUBLIC_TYPES = 43;
    private static final int PUBLIC_TYPES_WITH_NESTED = 60;
    private static final int LINES_OF_A_FILE = 350;

    /** Comments, and texts that could be taken for one. */
    private static final Pattern COMMENT_OR_TEXT = Pattern.compile(
            "//[^\\n]*|/\\*(?s:.*?)\\*/|\"\"\"(?s:.*?)\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*+\"|'(?:\\\\.|[^'\\\\\\n])*+'");

    @Test
    void theLibraryHasFewLinesOfCode() throws IOException {
        long lines = sources().stream().mapToLong(source -> codeLines(read(source))).sum();
        System.out.println("Figure: " + lines + " lines of code in src/main/java");
        assertTrue(lines <= CODE_LINES, lines + " lines of code, but at most " + CODE_LINES);
    }

    @Test
    void noFileIsLong() throws IOException {
        List<String> tooLong = sources().stream().filter(source -> read(source).lines().count() > LINES_OF_A_FILE)
                .map(source -> source.getFileName() + " has " + read(source).lines().count() + " lines").toList();
        assertEquals(List.of(), tooLong, "at most " + LINES_OF_A_FILE);
    }

    @Test
    void thePublicTypesAreFew() throws IOException, URISyntaxException {
        Path folder = Path.of(SiameseNetwork.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        List<Class<?>> types = files(folder, ".class").stream()
                .map(file -> folder.relativize(file).toString().replace(".class", "").replaceAll("[/\\\\]", "."))
                .filter(name -> !name.endsWith("-info"))
                .<Class<?>>map(SizesTest::type).filter(SizesTest::isPublic).toList();
        long top = types.stream().filter(type -> type.getEnclosingClass() == null).count();
        System.out.println("Figure: " + top + " public top-level types, " + types.size() + " with nested ones");
        assertTrue(top <= PUBLIC_TYPES, top + " public top-level types, but at most " + PUBLIC_TYPES);
        assertTrue(types.size() <= PUBLIC_TYPES_WITH_NESTED, types + " are " + types.size()
                + " public types, but at most " + PUBLIC_TYPES_WITH_NESTED);
    }

    @Test
    void commentsAndBlankLinesAreNotCode() {
        assertEquals(4, codeLines("/** a\n * b */\n\nint a; // c\nString s = \"/* no comment\";\n  // d\nchar c = '\"';\n"
                + "/*/ e\n */ x();"));
    }

    private static long codeLines(String source) {
        return COMMENT_OR_TEXT.matcher(source)
                .replaceAll(match -> Matcher.quoteReplacement(match.group().startsWith("/") ? "" : match.group()))
                .lines().filter(line -> !line.isBlank()).count();
    }

    private static List<Path> sources() throws IOException {
        return files(Path.of("src", "main", "java"), ".java");
    }

    private static List<Path> files(Path folder, String ending) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Class<?> type(String name) {
        try {
            return Class.forName(name, false, SizesTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    /** Whether others can name it: it and what it is nested in are public. */
    private static boolean isPublic(Class<?> type) {
        return Modifier.isPublic(type.getModifiers())
                && (type.getEnclosingClass() == null || isPublic(type.getEnclosingClass()));
    }
}
