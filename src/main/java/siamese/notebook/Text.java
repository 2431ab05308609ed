package siamese.notebook;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How numbers, durations and text are written, the same everywhere and in every locale. */
final class Text {

    /** Longer arrays are shortened to this many elements, and say so. */
    private static final int MOST_ELEMENTS = 20;

    private Text() {}

    /** A count with thousands separators, such as 108,400. */
    static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** A number to four significant digits; from 1,000 on to whole numbers; below 0.0001 in scientific notation. */
    static String number(double value) {
        if (!Double.isFinite(value)) {
            return Double.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
        }
        double size = Math.abs(value);
        if (size >= 1e15 || (size > 0 && size < 1e-4)) {
            return String.format(Locale.ROOT, "%.3e", value);
        }
        BigDecimal exact = BigDecimal.valueOf(value);
        if (size >= 999.95) {
            return String.format(Locale.ROOT, "%,d", exact.setScale(0, RoundingMode.HALF_UP).toBigInteger());
        }
        BigDecimal rounded = exact.round(new MathContext(4, RoundingMode.HALF_UP));
        return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }

    /** A rate between 0 and 1 in percent, such as 0.68 %. */
    static String percent(double rate) {
        return String.format(Locale.ROOT, "%.2f %%", 100 * rate);
    }

    /** Seconds as 42 s, 3 min 05 s or 1 h 07 min; "unknown" unless finite. */
    static String duration(double seconds) {
        if (!Double.isFinite(seconds) || seconds < 0) {
            return "unknown";
        }
        long s = Math.round(seconds);
        if (s < 60) {
            return s + " s";
        }
        return s < 3600
                ? String.format(Locale.ROOT, "%d min %02d s", s / 60, s % 60)
                : String.format(Locale.ROOT, "%d h %02d min", s / 3600, s % 3600 / 60);
    }

    /** Any value as Java writes it, but arrays, entries and optionals by what is in them, not {@code [I@2529fa5a}. */
    static String value(Object value) {
        return value(value, "");
    }

    private static String value(Object value, String indent) {
        if (value instanceof Optional<?> optional) {
            return optional.map(content -> "Optional[" + value(content, indent) + "]").orElse("Optional.empty");
        } else if (value instanceof Map.Entry<?, ?> entry) {
            return value(entry.getKey(), indent) + "=" + value(entry.getValue(), indent);
        } else if (value == null || !value.getClass().isArray()) {
            return String.valueOf(value);
        }
        int length = Array.getLength(value);
        int most = indent.length() < 2 ? MOST_ELEMENTS : MOST_ELEMENTS / 4;
        String comma = value.getClass().getComponentType().isArray() ? ",\n " + indent : ", ";
        String end = length > most ? comma + "… (" + count(length) + " in all)]" : "]";
        return IntStream.range(0, Math.min(length, most)).mapToObj(i -> value(Array.get(value, i), indent + " "))
                .collect(Collectors.joining(comma, "[", end));
    }

    /** Text as HTML content or attribute value. */
    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
