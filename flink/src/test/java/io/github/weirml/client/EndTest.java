package io.github.weirml.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.weirml.testing.ScriptedServer;
import io.github.weirml.testing.Threads;
import io.github.weirml.testing.WeirProcess;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Deadlines, close, servers that are not there, TLS and tokens. */
class EndTest extends SessionTestBase {
    private static final File CERTIFICATE = new File("src/test/resources/tls/server.pem");
    private static final File KEY = new File("src/test/resources/tls/server.key");

    @Test
    void aRecordWhoseAnswerNeverComesEndsInTime() throws Exception {
        serve(
                stream -> {
                    stream.open(2);
                    records(stream, 2);
                });
        PredictSession session =
                session(SessionConfig.builder().recordTimeout(Duration.ofMillis(300)));
        var futures = predict(session, 4);
        var patient = session.predict(Record.of("x").withTimeout(Duration.ofSeconds(60)));

        assertLate(futures.get(0), "it was sent to the server");
        assertLate(futures.get(3), "it waited for room in the server's window");
        assertThat(patient).isNotDone();
        assertThat(session.pending()).isEqualTo(1);
    }

    @Test
    void aShorterTimeThatComesLaterEndsFirst() throws Exception {
        serve(stream -> stream.open(10));
        PredictSession session = session();
        var patient = session.predict(Record.of("x").withTimeout(Duration.ofSeconds(60)));
        var hasty = session.predict(Record.of("y").withTimeout(Duration.ofMillis(100)));

        assertLate(hasty, "no result within 100 ms");
        assertThat(patient).isNotDone();
    }

    @Test
    void everyTimeEndsWhenItIsOver() throws Exception {
        serve(stream -> stream.open(10));
        PredictSession session = session();
        List<CompletableFuture<Result>> futures = new ArrayList<>();
        for (int millis : new int[] {300, 100, 200, 100, 400}) {
            Record record = Record.of("x").withTimeout(Duration.ofMillis(millis));
            futures.add(session.predict(record));
        }

        for (CompletableFuture<Result> future : futures) {
            assertLate(future, "no result within");
        }
        assertThat(session.pending()).isZero();
    }

    @Test
    void aLateAnswerIsIgnoredButGivesItsPlaceBack() throws Exception {
        Shelf<Boolean> late = new Shelf<>();
        serve(
                stream -> {
                    stream.open(1);
                    var record = stream.record();
                    late.get();
                    stream.answer(record).echo();
                });
        PredictSession session = session();
        var hasty = session.predict(Record.of("x").withTimeout(Duration.ofMillis(100)));
        assertLate(hasty, "");
        var next = session.predict(Record.of("y"));
        late.put(true);

        assertThat(value(next)).isEqualTo("[y]");
    }

    @Test
    void whatIsOverIsNotSentAgain() throws Exception {
        Shelf<Boolean> late = new Shelf<>();
        serve(
                stream -> {
                    stream.open(10);
                    if (stream.number == 1) {
                        records(stream, 2);
                        late.get();
                        stream.end(Status.UNAVAILABLE);
                        return;
                    }
                    assertThat(stream.record().getText()).isEqualTo("y");
                    stream.answer(
                            io.github.weirml.v1.Record.newBuilder()
                                    .setSequence(1)
                                    .setText("y")
                                    .build());
                });
        PredictSession session = session();
        var hasty = session.predict(Record.of("x").withTimeout(Duration.ofMillis(100)));
        var patient = session.predict(Record.of("y"));
        assertLate(hasty, "");
        late.put(true);

        assertThat(value(patient)).isEqualTo("[y]");
        assertNoScriptFailed();
    }

    @Test
    void noServerAtTheStartFailsTheSessionInTime() {
        PredictSession session =
                nowhere()
                        .open(SessionConfig.builder().startTimeout(Duration.ofMillis(400)).build());
        var future = session.predict(Record.of("x"));

        assertFails(future, WeirException.Kind.UNAVAILABLE, "Connection refused");
        assertFails(session.started(), WeirException.Kind.UNAVAILABLE, "within 400 ms");
    }

    @Test
    void withoutAStartTimeoutTheRecordsEndOneByOne() throws Exception {
        PredictSession session =
                nowhere()
                        .open(
                                SessionConfig.builder()
                                        .startTimeout(Duration.ZERO)
                                        .recordTimeout(Duration.ofMillis(300))
                                        .build());

        assertLate(session.predict(Record.of("x")), "Connection refused");
        assertThat(session.started()).isNotDone();
    }

    @Test
    void anUnknownHostIsNamed() {
        WeirClient client =
                closing(
                        WeirClient.create(
                                ClientConfig.builder().endpoints("weir.invalid:9347").build()));
        PredictSession session =
                client.open(SessionConfig.builder().startTimeout(Duration.ofMillis(1500)).build());

        assertFails(session.started(), WeirException.Kind.UNAVAILABLE, "weir.invalid");
    }

    @Test
    void closeCompletesEverythingAndMayBeCalledAgain() throws Exception {
        serve(stream -> stream.open(3));
        PredictSession session = session();
        get(session.started());
        var futures = predict(session, 10);
        session.close();

        for (CompletableFuture<Result> future : futures) {
            assertThat(future).isDone();
            assertFails(future, WeirException.Kind.CLOSED, "the session is closed");
        }
        session.close();
        assertFails(session.predict(Record.of("x")), WeirException.Kind.CLOSED, "closed");
        session.flush();
        assertThat(session.pending()).isZero();
    }

    @Test
    void closeBeforeTheStartCompletesStartedToo() {
        PredictSession session = nowhere().open(SessionConfig.builder().build());
        session.close();

        assertFails(session.started(), WeirException.Kind.CLOSED, "closed");
    }

    @Test
    void aClosedClientClosesItsSessions() throws Exception {
        serve(stream -> stream.open(3));
        WeirClient client = client(ClientConfig.builder());
        PredictSession session = client.open(SessionConfig.builder().build());
        var future = session.predict(Record.of("x"));
        client.close();

        assertFails(future, WeirException.Kind.CLOSED, "closed");
        assertFails(session.predict(Record.of("x")), WeirException.Kind.CLOSED, "closed");
        assertThatThrownBy(() -> client.open(SessionConfig.builder().build()))
                .hasMessageContaining("the client is closed");
        assertThat(Threads.leftBehind()).isEmpty();
    }

    @Test
    void callbacksMayCallEverything() throws Exception {
        serve(stream -> stream.open(10).echo());
        WeirClient client = client();
        PredictSession session = session();
        CompletableFuture<Result> second = new CompletableFuture<>();
        CompletableFuture<Throwable> third = new CompletableFuture<>();
        session.predict(Record.of("1"))
                .thenAccept(
                        first ->
                                session.predict(Record.of("2"))
                                        .thenAccept(
                                                result -> {
                                                    session.predict(Record.of("3"))
                                                            .whenComplete(
                                                                    (r, e) -> third.complete(e));
                                                    session.close();
                                                    client.close();
                                                    second.complete(result);
                                                }));

        assertThat(value(second)).isEqualTo("[2]");
        assertThat(get(third)).isInstanceOf(WeirException.class);
        assertThat(Threads.leftBehind()).isEmpty();
    }

    @Test
    void anInterruptedThreadClosesAllTheSame() throws Exception {
        serve(stream -> stream.open(3));
        PredictSession session = session();
        var future = session.predict(Record.of("x"));
        Thread.currentThread().interrupt();
        client().close();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(future).isCompletedExceptionally();
        assertThat(Threads.leftBehind()).isEmpty();
    }

    @Test
    void closeRacesWithPredictAndEveryFutureCompletes() throws Exception {
        serve(stream -> stream.open(1000).echo());
        ExecutorService callers = Executors.newFixedThreadPool(4);
        for (int round = 0; round < 30; round++) {
            PredictSession session = session();
            get(session.started());
            List<Future<List<CompletableFuture<Result>>>> calls = new ArrayList<>();
            for (int caller = 0; caller < 3; caller++) {
                calls.add(callers.submit(() -> predict(session, 300)));
            }
            callers.submit(session::close).get(20, TimeUnit.SECONDS);
            for (Future<List<CompletableFuture<Result>>> call : calls) {
                for (CompletableFuture<Result> future : call.get(20, TimeUnit.SECONDS)) {
                    get(future.handle((result, failure) -> true));
                }
            }
            assertThat(session.pending()).isZero();
        }
        callers.shutdown();
    }

    @Test
    void sharedClientsHaveOneConnectionUntilTheLastIsClosed() throws Exception {
        ScriptedServer server = serve(stream -> stream.open(10).echo());
        ClientConfig config = ClientConfig.builder().endpoints(server.endpoint()).build();
        WeirClient one = closing(WeirClient.shared(config));
        WeirClient other = closing(WeirClient.shared(config));
        PredictSession first = one.open(SessionConfig.builder().build());
        PredictSession second = other.open(SessionConfig.builder().build());
        assertThat(value(first.predict(Record.of("x")))).isEqualTo("[x]");
        assertThat(value(second.predict(Record.of("x")))).isEqualTo("[x]");
        assertThat(server.connections()).isEqualTo(1);

        one.close();
        one.close();
        assertFails(first.predict(Record.of("x")), WeirException.Kind.CLOSED, "closed");
        assertThat(value(second.predict(Record.of("y")))).isEqualTo("[y]");
        other.close();
        assertThat(Threads.leftBehind()).isEmpty();

        WeirClient again = closing(WeirClient.shared(config));
        PredictSession third = again.open(SessionConfig.builder().build());
        assertThat(value(third.predict(Record.of("z")))).isEqualTo("[z]");
    }

    @Test
    void aClientThatIsNeverUsedHasNoThreads() {
        closing(WeirClient.create(ClientConfig.builder().build()));
        closing(WeirClient.shared(ClientConfig.builder().build()));

        assertThat(Threads.leftBehind()).isEmpty();
    }

    @Test
    void theTokenTravels() throws Exception {
        serve(stream -> stream.open(10).echo());
        PredictSession session =
                client(ClientConfig.builder().token("secret"))
                        .open(SessionConfig.builder().build());
        get(session.started());

        Metadata.Key<String> key =
                Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
        assertThat(server().headers().get(0).get(key)).isEqualTo("Bearer secret");
    }

    @Test
    void tlsWithATrustedCertificate() throws Exception {
        serveTls();
        PredictSession session =
                client(ClientConfig.builder().tls(TlsConfig.trusting(CERTIFICATE.getPath())))
                        .open(SessionConfig.builder().build());

        assertThat(value(session.predict(Record.of("x")))).isEqualTo("[x]");
    }

    @Test
    void anUntrustedCertificateIsOneClearFailure() {
        serveTls();
        PredictSession session =
                client(ClientConfig.builder().tls(TlsConfig.systemTrust()))
                        .open(SessionConfig.builder().build());

        assertFails(session.started(), WeirException.Kind.REFUSED, "certificate is trusted");
    }

    @Test
    void anotherNameInTheCertificateIsOneClearFailure() {
        serveTls();
        TlsConfig tls = TlsConfig.trusting(CERTIFICATE.getPath()).withServerName("example.com");
        PredictSession session =
                client(ClientConfig.builder().tls(tls)).open(SessionConfig.builder().build());

        assertFails(session.started(), WeirException.Kind.REFUSED, "no TLS connection");
    }

    @Test
    void tlsToAServerWithoutIsOneClearFailure() {
        serve(stream -> stream.open(10));
        PredictSession session =
                client(ClientConfig.builder().tls(TlsConfig.systemTrust()))
                        .open(SessionConfig.builder().build());

        assertFails(session.started(), WeirException.Kind.REFUSED, "speaks TLS");
    }

    @Test
    void noTlsToAServerThatWantsItIsNamed() {
        serveTls();
        PredictSession session =
                session(SessionConfig.builder().startTimeout(Duration.ofMillis(500)));

        assertFails(session.started(), WeirException.Kind.UNAVAILABLE, "want TLS");
    }

    private void serveTls() {
        serve(
                new ScriptedServer(
                        WeirProcess.freePort(),
                        stream -> stream.open(10).echo(),
                        CERTIFICATE,
                        KEY));
    }

    private WeirClient nowhere() {
        String endpoint = "127.0.0.1:" + WeirProcess.freePort();
        return closing(WeirClient.create(ClientConfig.builder().endpoints(endpoint).build()));
    }

    private static void assertLate(CompletableFuture<Result> future, String text) throws Exception {
        RecordError error = get(future).error();
        assertThat(error.reason()).isEqualTo(Reason.DEADLINE_EXCEEDED);
        assertThat(error.message()).contains(text);
        assertThat(error.isRetriable()).isTrue();
    }
}
