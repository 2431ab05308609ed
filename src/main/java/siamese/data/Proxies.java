package siamese.data;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The proxy that the environment names for an address, as other programs read it: {@code https_proxy}, {@code http_proxy},
 * {@code all_proxy} and {@code no_proxy}, in small letters or in capitals. Java by itself reads only system properties.
 */
final class Proxies {

    private Proxies() {
    }

    /**
     * {@return the proxy for an address; empty if the environment names none, where Java's own settings hold}
     *
     * <p>An address of this machine has none. {@code no_proxy} is a list of host names, separated by commas, each of which
     * stands for its subdomains, too; {@code *} stands for all.
     *
     * @throws IllegalArgumentException if a variable is set to something that is no address of a proxy
     */
    static Optional<Proxy> of(URI address, Map<String, String> environment) {
        String value = variable(environment, address.getScheme() + "_proxy");
        String chosen = value.isEmpty() ? variable(environment, "all_proxy") : value;
        if (chosen.isEmpty() || isExempt(address.getHost(), variable(environment, "no_proxy"))) {
            return Optional.empty();
        }
        try {
            URI proxy = new URI(chosen.contains("://") ? chosen : "http://" + chosen);
            if (proxy.getHost() != null) {
                int usual = proxy.getScheme().startsWith("socks") ? 1080 : proxy.getScheme().equals("https") ? 443 : 80;
                return Optional.of(new Proxy(proxy.getScheme().startsWith("socks") ? Proxy.Type.SOCKS : Proxy.Type.HTTP,
                        InetSocketAddress.createUnresolved(proxy.getHost(), proxy.getPort() < 0 ? usual : proxy.getPort())));
            }
        } catch (URISyntaxException e) { // said below
        }
        throw new IllegalArgumentException("The environment's " + address.getScheme()
                + "_proxy or all_proxy is no address of a proxy; it should look like http://proxy.example:3128."); // it may hold a password
    }

    private static String variable(Map<String, String> environment, String name) {
        String small = environment.getOrDefault(name, "");
        return (small.isBlank() ? environment.getOrDefault(name.toUpperCase(Locale.ROOT), "") : small).strip();
    }

    private static boolean isExempt(String host, String list) {
        if (host.equals("localhost") || host.equals("[::1]") || host.startsWith("127.")) {
            return true;
        }
        for (String entry : list.split("[,\\s]+")) {
            String name = entry.replaceFirst("^\\*?\\.", "").replaceFirst(":\\d+$", "").toLowerCase(Locale.ROOT);
            String lower = host.toLowerCase(Locale.ROOT);
            if (entry.equals("*") || !name.isEmpty() && (lower.equals(name) || lower.endsWith("." + name))) {
                return true;
            }
        }
        return false;
    }
}
