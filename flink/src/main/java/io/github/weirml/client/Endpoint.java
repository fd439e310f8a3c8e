package io.github.weirml.client;

import java.util.Set;

/** One place of a configuration where servers are. */
final class Endpoint {
    private static final String DNS = "dns:///";
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private Endpoint() {}

    /** Returns the endpoint if it is one, and else says how one is written. */
    static String checked(String endpoint) {
        int port = port(endpoint);
        Checks.that(
                !host(endpoint).isEmpty() && port > 0 && port < 65_536,
                "endpoint \"" + endpoint + "\" is not host:port or dns:///host:port");
        return endpoint;
    }

    static boolean isLoopback(String endpoint) {
        return LOOPBACK.contains(host(endpoint));
    }

    /** Whether the endpoint's name stands for several servers. */
    static boolean isDns(String endpoint) {
        return endpoint.startsWith(DNS);
    }

    /** The target that gRPC resolves. */
    static String target(String endpoint) {
        return isDns(endpoint) ? endpoint : DNS + endpoint;
    }

    private static int port(String endpoint) {
        String port = endpoint.substring(endpoint.lastIndexOf(':') + 1);
        return port.matches("[0-9]{1,5}") ? Integer.parseInt(port) : 0;
    }

    /** Not by java.net.URI: it refuses the underscores of many container names. */
    private static String host(String endpoint) {
        String address = isDns(endpoint) ? endpoint.substring(DNS.length()) : endpoint;
        int colon = address.lastIndexOf(':');
        String host = colon < 0 ? "" : address.substring(0, colon);
        return host.matches("[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.%]+]") ? host : "";
    }
}
