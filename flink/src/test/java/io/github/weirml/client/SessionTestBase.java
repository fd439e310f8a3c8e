package io.github.weirml.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.weirml.testing.ScriptedServer;
import io.github.weirml.testing.ScriptedStream;
import io.github.weirml.testing.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;

/** A client against scripted servers. After each test nothing of the client may be left. */
abstract class SessionTestBase {
    private static final long PATIENCE_SECONDS = 20;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<ScriptedServer> servers = new ArrayList<>();
    private WeirClient client;

    /** A value that one thread waits for and another gives. */
    static final class Shelf<T> {
        private final CompletableFuture<T> future = new CompletableFuture<>();

        void put(T value) {
            future.complete(value);
        }

        T get() throws InterruptedException {
            try {
                return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException e) {
                throw new AssertionError("nobody gave a value", e);
            }
        }
    }

    /** Another server; the session's endpoints are those of all. */
    ScriptedServer serve(ScriptedServer.Script script) {
        return serve(new ScriptedServer(script));
    }

    ScriptedServer serve(ScriptedServer server) {
        servers.add(server);
        return server;
    }

    ScriptedServer server() {
        return servers.get(0);
    }

    PredictSession session() {
        return session(SessionConfig.builder());
    }

    PredictSession session(SessionConfig.Builder config) {
        return session(config, new SessionListener() {});
    }

    PredictSession session(SessionConfig.Builder config, SessionListener listener) {
        return client().open(config.build(), listener);
    }

    WeirClient client() {
        if (client == null) {
            client = client(ClientConfig.builder());
        }
        return client;
    }

    WeirClient client(ClientConfig.Builder config) {
        config.endpoints(
                servers.stream().map(ScriptedServer::endpoint).collect(Collectors.toList()));
        return closing(WeirClient.create(config.build()));
    }

    <T extends AutoCloseable> T closing(T closeable) {
        open.add(closeable);
        return closeable;
    }

    /** Sends the texts 0, 1, …. */
    static List<CompletableFuture<Result>> predict(PredictSession session, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> session.predict(Record.of(String.valueOf(i))))
                .collect(Collectors.toList());
    }

    /** What an echoing server answers to {@link #predict}. */
    static List<String> expected(int count) {
        return IntStream.range(0, count).mapToObj(i -> "[" + i + "]").collect(Collectors.toList());
    }

    static List<io.github.weirml.v1.Record> records(ScriptedStream stream, int count)
            throws InterruptedException {
        List<io.github.weirml.v1.Record> records = new ArrayList<>();
        while (records.size() < count) {
            records.add(stream.record());
        }
        return records;
    }

    static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    static String value(CompletableFuture<Result> future) throws Exception {
        Result result = get(future);
        assertThat(result.error()).isNull();
        return result.values().get(0).content();
    }

    static List<String> values(List<CompletableFuture<Result>> futures) throws Exception {
        List<String> values = new ArrayList<>();
        for (CompletableFuture<Result> future : futures) {
            values.add(value(future));
        }
        return values;
    }

    static void assertFails(CompletableFuture<?> future, WeirException.Kind kind, String text) {
        assertThatThrownBy(() -> get(future))
                .cause()
                .isInstanceOf(WeirException.class)
                .hasMessageContaining(text)
                .satisfies(e -> assertThat(((WeirException) e).kind()).isEqualTo(kind));
    }

    void assertNoScriptFailed() {
        servers.forEach(server -> assertThat(server.failures()).isEmpty());
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        for (AutoCloseable closeable : open) {
            closeable.close();
        }
        assertThat(Threads.leftBehind()).as("threads after close").isEmpty();
        servers.forEach(ScriptedServer::close);
    }
}
