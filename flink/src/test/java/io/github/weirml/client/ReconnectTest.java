package io.github.weirml.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.UnknownFieldSet;
import com.google.rpc.RetryInfo;
import io.github.weirml.testing.ScriptedServer;
import io.github.weirml.v1.PredictResponse;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Streams that end, servers that go, and messages that nobody expected. */
class ReconnectTest extends SessionTestBase {

    /** Remembers what it is told. */
    private static final class Told implements SessionListener {
        final List<String> ends = Collections.synchronizedList(new ArrayList<>());
        final AtomicInteger sent = new AtomicInteger();
        final AtomicInteger again = new AtomicInteger();
        final AtomicInteger results = new AtomicInteger();

        @Override
        public void streamEnded(String why, int unanswered, Duration wait) {
            ends.add(why);
        }

        @Override
        public void recordsSent(int records, int repeated, long bytes) {
            sent.addAndGet(records);
            again.addAndGet(repeated);
        }

        @Override
        public void resultReceived(Result result, long waitNanos, long answerNanos) {
            assertThat(waitNanos).isNotNegative();
            assertThat(answerNanos).isNotNegative();
            results.incrementAndGet();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Status.Code.class,
            names = {
                "UNAVAILABLE",
                "ABORTED",
                "INTERNAL",
                "UNKNOWN",
                "CANCELLED",
                "OK",
                "RESOURCE_EXHAUSTED",
                "DEADLINE_EXCEEDED"
            })
    void whatIsUnansweredIsSentAgainInOrder(Status.Code code) throws Exception {
        serve(
                stream -> {
                    stream.open(100);
                    var ten = records(stream, 10);
                    if (stream.number == 1) {
                        stream.answer(ten.get(0), ten.get(1), ten.get(2));
                        stream.end(code.toStatus().withDescription("as scripted"));
                        return;
                    }
                    assertThat(ten.get(0).getText()).isEqualTo("3");
                    assertThat(ten.get(0).getSequence()).isEqualTo(1);
                    stream.answer(ten).echo();
                });
        Told told = new Told();
        PredictSession session = session(SessionConfig.builder(), told);
        var first = predict(session, 10);
        for (int i = 0; i < 3; i++) {
            assertThat(value(first.get(i))).isEqualTo("[" + i + "]");
        }
        var next = predict(session, 20);

        assertThat(values(first)).isEqualTo(expected(10));
        assertThat(values(next)).isEqualTo(expected(20));
        assertThat(server().failures()).isEmpty();
        assertThat(told.ends).hasSize(1);
        assertThat(told.ends.get(0)).contains(code.name()).contains(server().endpoint());
        assertThat(told.again).hasValueGreaterThanOrEqualTo(7);
        assertThat(told.results).hasValue(30);
        assertThat(session.lastFailure()).isEqualTo(told.ends.get(0));
    }

    @ParameterizedTest
    @EnumSource(
            value = Status.Code.class,
            names = {
                "INVALID_ARGUMENT",
                "NOT_FOUND",
                "UNAUTHENTICATED",
                "PERMISSION_DENIED",
                "UNIMPLEMENTED"
            })
    void aRefusalEndsEverythingWithTheServersText(Status.Code code) throws Exception {
        serve(
                stream -> {
                    stream.start();
                    stream.end(code.toStatus().withDescription("option \"x\": never heard of it"));
                });
        PredictSession session = session();
        var futures = predict(session, 5);

        for (CompletableFuture<Result> future : futures) {
            assertFails(future, WeirException.Kind.REFUSED, "never heard of it");
        }
        assertFails(session.started(), WeirException.Kind.REFUSED, code.name());
        assertFails(
                session.predict(Record.of("x")), WeirException.Kind.REFUSED, server().endpoint());
        assertThat(session.pending()).isZero();
        assertThat(server().streams()).isEqualTo(1);
    }

    @Test
    void aRefusalAfterARestartEndsEverythingToo() throws Exception {
        serve(
                stream -> {
                    if (stream.number == 2) {
                        stream.start();
                        stream.end(Status.NOT_FOUND.withDescription("no such model any more"));
                        return;
                    }
                    stream.open(5).answer(records(stream, 2)).end(Status.UNAVAILABLE);
                });
        var futures = predict(session(), 10);

        assertThat(value(futures.get(1))).isEqualTo("[1]");
        assertFails(futures.get(9), WeirException.Kind.REFUSED, "no such model any more");
    }

    @Test
    void aFullServerSaysWhenToComeBack() throws Exception {
        com.google.rpc.Status full =
                com.google.rpc.Status.newBuilder()
                        .setCode(Status.Code.RESOURCE_EXHAUSTED.value())
                        .setMessage("full")
                        .addDetails(
                                Any.pack(
                                        RetryInfo.newBuilder()
                                                .setRetryDelay(Wire.duration(700_000_000))
                                                .build()))
                        .build();
        serve(
                stream -> {
                    if (stream.number == 1) {
                        stream.start();
                        stream.end(StatusProto.toStatusRuntimeException(full));
                        return;
                    }
                    stream.open(5).echo();
                });
        long begin = System.nanoTime();

        assertThat(value(session().predict(Record.of("x")))).isEqualTo("[x]");
        assertThat(System.nanoTime() - begin).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(700));
    }

    @Test
    void aDrainingServerAnswersWhatItHasAndTheRestGoesElsewhere() throws Exception {
        Shelf<Boolean> elsewhere = new Shelf<>();
        serve(
                stream -> {
                    stream.open(10);
                    var ten = records(stream, 10);
                    stream.drain(4);
                    assertThat(elsewhere.get()).isTrue(); // while this stream still answers
                    stream.answer(ten.subList(0, 4)).end(Status.UNAVAILABLE);
                });
        serve(
                stream -> {
                    stream.open(10);
                    var six = records(stream, 6);
                    assertThat(six.get(0).getText()).isEqualTo("4");
                    elsewhere.put(true);
                    stream.answer(six).echo();
                });
        Told told = new Told();
        PredictSession session = session(SessionConfig.builder(), told);

        assertThat(values(predict(session, 20))).isEqualTo(expected(20));
        assertThat(told.sent).hasValue(26);
        assertThat(told.again).hasValue(6);
        assertNoScriptFailed();
    }

    @Test
    void whatADrainedStreamStillOwesIsSentAgainWhenItBreaks() throws Exception {
        serve(
                stream -> {
                    stream.open(10);
                    var ten = records(stream, 10);
                    if (stream.number == 1) {
                        stream.drain(4).answer(ten.get(0)).end(Status.UNAVAILABLE);
                        return;
                    }
                    stream.answer(ten).echo();
                });

        assertThat(values(predict(session(), 30))).isEqualTo(expected(30));
    }

    @Test
    void aCancelledResultIsNoResult() throws Exception {
        serve(
                stream -> {
                    stream.open(10);
                    var three = records(stream, 3);
                    if (stream.number == 1) {
                        stream.answer(three.get(0));
                        stream.error(three.get(1), io.github.weirml.v1.Reason.REASON_CANCELLED);
                        stream.answer(three.get(2));
                        return;
                    }
                    stream.answer(three).echo();
                });
        PredictSession session = session();
        var futures = predict(session, 3);
        assertThat(value(futures.get(2))).isEqualTo("[2]");
        var more = predict(session, 2);

        assertThat(values(futures)).isEqualTo(expected(3));
        assertThat(values(more)).isEqualTo(expected(2));
    }

    @Test
    void aCrashedServerComesBack() throws Exception {
        ScriptedServer server = serve(stream -> stream.open(50).echo());
        PredictSession session = session();
        assertThat(values(predict(session, 10))).isEqualTo(expected(10));
        server.crash();
        var meanwhile = predict(session, 100);
        server.start();

        assertThat(values(meanwhile)).isEqualTo(expected(100));
    }

    @Test
    void anotherEndpointTakesOverAtOnce() throws Exception {
        serve(stream -> stream.open(50).echo());
        serve(stream -> stream.open(50).echo());
        List<PredictSession> sessions = List.of(session(), session(), session(), session());
        for (PredictSession session : sessions) {
            assertThat(values(predict(session, 10))).isEqualTo(expected(10));
        }
        assertThat(server().streams()).as("they spread").isEqualTo(2);
        server().crash();

        for (PredictSession session : sessions) {
            assertThat(values(predict(session, 10))).isEqualTo(expected(10));
        }
    }

    @Test
    void aStreamWithoutAStartedIsGivenUp() throws Exception {
        serve(
                stream -> {
                    stream.start();
                    if (stream.number > 1) {
                        stream.started(10, 1000).echo();
                    }
                });
        WeirClient client = client(ClientConfig.builder().connectTimeout(Duration.ofMillis(300)));
        PredictSession session = client.open(SessionConfig.builder().build());

        assertThat(value(session.predict(Record.of("x")))).isEqualTo("[x]");
        assertThat(session.lastFailure()).contains("no answer to the start within 300 ms");
    }

    @Test
    void aSilentStreamIsGivenUp() throws Exception {
        serve(
                stream -> {
                    stream.open(10);
                    if (stream.number > 1) {
                        stream.echo();
                    }
                });
        PredictSession session = session(SessionConfig.builder().heartbeat(Duration.ofSeconds(1)));

        assertThat(value(session.predict(Record.of("x")))).isEqualTo("[x]");
        assertThat(session.lastFailure()).contains("nothing heard for 3000 ms");
    }

    @Test
    void whatThisClientDoesNotKnowIsIgnored() throws Exception {
        serve(
                stream -> {
                    stream.open(10);
                    var record = stream.record();
                    UnknownFieldSet.Field news =
                            UnknownFieldSet.Field.newBuilder().addVarint(7).build();
                    stream.send(
                            PredictResponse.newBuilder()
                                    .setUnknownFields(
                                            UnknownFieldSet.newBuilder()
                                                    .addField(999, news)
                                                    .build()));
                    stream.send(PredictResponse.newBuilder());
                    stream.result(io.github.weirml.v1.Result.newBuilder().setSequence(77));
                    stream.answer(record, record).echo();
                });
        PredictSession session = session();

        assertThat(value(session.predict(Record.of("x")))).isEqualTo("[x]");
        assertThat(value(session.predict(Record.of("y")))).isEqualTo("[y]");
        assertThat(session.pending()).isZero();
    }

    @Test
    void outcomesAndReasonsOfANewerServerAreErrors() throws Exception {
        serve(
                stream -> {
                    stream.open(10);
                    stream.result(
                            io.github.weirml.v1.Result.newBuilder()
                                    .setSequence(stream.record().getSequence()));
                    stream.result(
                            io.github.weirml.v1.Result.newBuilder()
                                    .setSequence(stream.record().getSequence())
                                    .setError(
                                            io.github.weirml.v1.RecordError.newBuilder()
                                                    .setReasonValue(99)
                                                    .setMessage("new")));
                });
        var futures = predict(session(), 2);

        assertThat(get(futures.get(0)).error().reason()).isEqualTo(Reason.UNRECOGNIZED);
        assertThat(get(futures.get(1)).error().reason()).isEqualTo(Reason.UNRECOGNIZED);
        assertThat(get(futures.get(1)).error().message()).isEqualTo("new");
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void everyReasonHasItsNumberOfTheContract(Reason reason) {
        if (reason != Reason.UNRECOGNIZED) {
            assertThat(io.github.weirml.v1.Reason.forNumber(reason.ordinal() + 1).name())
                    .isEqualTo("REASON_" + reason.name());
        }
    }

    @Test
    void aListenerThatThrowsCostsNothing() throws Exception {
        serve(stream -> stream.open(10).echo());
        SessionListener hostile =
                (SessionListener)
                        java.lang.reflect.Proxy.newProxyInstance(
                                SessionListener.class.getClassLoader(),
                                new Class<?>[] {SessionListener.class},
                                (proxy, method, arguments) -> {
                                    throw new IllegalStateException(
                                            "a fault in somebody's metrics");
                                });

        assertThat(values(predict(session(SessionConfig.builder(), hostile), 50)))
                .isEqualTo(expected(50));
    }
}
