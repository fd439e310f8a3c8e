package io.github.weirml.client;

/**
 * Connections to weir: one for each endpoint, shared by all sessions, and the threads that serve
 * them.
 *
 * <pre>{@code
 * ClientConfig config = ClientConfig.builder().endpoints("weir-1:9347,weir-2:9347").build();
 * try (WeirClient client = WeirClient.create(config);
 *         PredictSession session =
 *                 client.open(SessionConfig.builder().model("sentiment").build())) {
 *     session.predict(Record.of("I love it")).thenAccept(result -> …);
 * }
 * }</pre>
 *
 * <p>A client connects when its first session is opened, never before. All methods may be called by
 * several threads at once.
 */
public final class WeirClient implements AutoCloseable {

    /** A client of its own. Dials nothing. Who calls this closes the client. */
    public static WeirClient create(ClientConfig config) {
        throw new UnsupportedOperationException();
    }

    /**
     * A client that shares connections and threads with every other one of this method and an equal
     * configuration. Each is closed by itself; the last one ends what they share.
     */
    public static WeirClient shared(ClientConfig config) {
        throw new UnsupportedOperationException();
    }

    /**
     * Opens a session, and begins to connect. Does not wait for that: see {@link
     * PredictSession#started()}.
     */
    public PredictSession open(SessionConfig config) {
        return open(config, new SessionListener() {});
    }

    /** The same, with somebody who is told what happens. */
    public PredictSession open(SessionConfig config, SessionListener listener) {
        throw new UnsupportedOperationException();
    }

    /**
     * Closes this client's sessions, and if no other client shares them, connections and threads:
     * waits until those have ended, a few seconds at most. May be called again.
     */
    @Override
    public void close() {}
}
