package siamese.notebook;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** How numbers, durations and text are written, the same everywhere and in every locale. */
final class Text {

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

    /** Text as HTML content or attribute value. */
    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
