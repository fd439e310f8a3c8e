package io.github.weirml.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Set;

/** One place of a configuration where servers are. */
final class Endpoint {
    private static final String DNS = "dns:///";
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private Endpoint() {}

    /** Returns the endpoint if it is one, and else says how one is written. */
    static String checked(String endpoint) {
        URI uri = uri(endpoint);
        Checks.that(
                uri != null && uri.getHost() != null && uri.getPort() > 0 && isBare(uri),
                "endpoint \"" + endpoint + "\" is not host:port or dns:///host:port");
        return endpoint;
    }

    static boolean isLoopback(String endpoint) {
        URI uri = uri(endpoint);
        return uri != null && LOOPBACK.contains(uri.getHost());
    }

    /** Whether the endpoint's name stands for several servers. */
    static boolean isDns(String endpoint) {
        return endpoint.startsWith(DNS);
    }

    /** The target that gRPC resolves. */
    static String target(String endpoint) {
        return isDns(endpoint) ? endpoint : DNS + endpoint;
    }

    private static boolean isBare(URI uri) {
        return uri.getUserInfo() == null && uri.getPath().isEmpty() && uri.getQuery() == null;
    }

    private static URI uri(String endpoint) {
        String address = isDns(endpoint) ? endpoint.substring(DNS.length()) : endpoint;
        try {
            return new URI("weir://" + address);
        } catch (URISyntaxException e) {
            return null;
        }
    }
}
