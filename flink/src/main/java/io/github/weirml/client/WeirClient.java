package io.github.weirml.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Connections to weir: one for each endpoint, shared by all sessions, and the threads that serve
 * them.
 *
 * <pre>{@code
 * ClientConfig config = ClientConfig.builder().endpoints("weir-1:9347,weir-2:9347").build();
 * try (WeirClient client = WeirClient.create(config);
 *         PredictSession session =
 *                 client.open(SessionConfig.builder().model("sentiment").build())) {
 *     Result result = session.predict(Record.of("I love it")).join();
 *     System.out.println(result.isValue() ? result.values() : result.error());
 * }
 * }</pre>
 *
 * <p>A client connects when its first session is opened, never before. All methods may be called by
 * several threads at once.
 */
public final class WeirClient implements AutoCloseable {
    private static final Map<ClientConfig, Shared> SHARED = new HashMap<>();

    private final ClientConfig config;
    private final boolean shares;
    private final Set<PredictSession> sessions = new HashSet<>();
    private Transport transport;
    private boolean closed;

    private WeirClient(ClientConfig config, boolean shares) {
        this.config = Objects.requireNonNull(config, "config");
        this.shares = shares;
    }

    /** A client of its own. Dials nothing. Who calls this closes the client. */
    public static WeirClient create(ClientConfig config) {
        return new WeirClient(config, false);
    }

    /**
     * A client that shares connections and threads with every other one of this method and an equal
     * configuration. Each is closed by itself; the last one ends what they share. Dials nothing.
     */
    public static WeirClient shared(ClientConfig config) {
        return new WeirClient(config, true);
    }

    /**
     * Opens a session, and begins to connect. Does not wait for that: see {@link
     * PredictSession#started()}.
     *
     * @throws WeirException if the client is closed, or its certificates cannot be read
     */
    public PredictSession open(SessionConfig config) {
        return open(config, new SessionListener() {});
    }

    /** The same, with somebody who is told what happens. */
    public synchronized PredictSession open(SessionConfig config, SessionListener listener) {
        if (closed) {
            throw new WeirException(WeirException.Kind.CLOSED, "the client is closed");
        }
        if (transport == null) {
            transport = shares ? acquire(this.config) : new Transport(this.config);
        }
        sessions.removeIf(session -> ((StreamingSession) session).isOver());
        PredictSession session = transport.open(config, listener);
        sessions.add(session);
        return session;
    }

    /**
     * Closes this client's sessions, and if no other client shares them, connections and threads:
     * waits until those have ended, a few seconds at most; on the client's event loop it does not
     * wait. May be called again.
     */
    @Override
    public void close() {
        List<PredictSession> open;
        Transport used;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            open = new ArrayList<>(sessions);
            used = transport;
        }
        open.forEach(PredictSession::close);
        if (used != null && (!shares || release(config))) {
            used.close();
        }
    }

    /**
     * Waits until no thread of closed clients is left. One of netty's own goes on for a second
     * after {@link #close()}, which does not wait for it. For callers who are about to close the
     * class loader of this class, such as a release hook of Flink.
     *
     * @return false if one is still there after that time
     */
    public static boolean awaitThreads(Duration atMost) {
        return Channels.awaitThreads(Checks.positive(atMost, "atMost"));
    }

    /** What equal clients share, and how many of them there are. */
    private static final class Shared {
        final Transport transport;
        int clients;

        Shared(Transport transport) {
            this.transport = transport;
        }
    }

    private static Transport acquire(ClientConfig config) {
        synchronized (SHARED) {
            Shared shared = SHARED.computeIfAbsent(config, c -> new Shared(new Transport(c)));
            shared.clients++;
            return shared.transport;
        }
    }

    /** Returns whether nobody shares it any more. */
    private static boolean release(ClientConfig config) {
        synchronized (SHARED) {
            boolean last = --SHARED.get(config).clients == 0;
            if (last) {
                SHARED.remove(config);
            }
            return last;
        }
    }
}
