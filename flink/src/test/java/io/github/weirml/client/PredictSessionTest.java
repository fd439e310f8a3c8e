package io.github.weirml.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a session sends, and how it keeps to the server's window. */
class PredictSessionTest extends SessionTestBase {

    @Test
    void aRecordGetsItsResult() throws Exception {
        serve(stream -> stream.open(10).echo());

        assertThat(value(session().predict(Record.of("hello")))).isEqualTo("[hello]");
    }

    @Test
    void theStartSaysWhatTheSessionAsksFor() throws Exception {
        Shelf<io.github.weirml.v1.PredictStart> start = new Shelf<>();
        serve(
                stream -> {
                    start.put(stream.start());
                    stream.started(10, 100);
                });
        session(
                SessionConfig.builder()
                        .model("m")
                        .option("batch.size", "5")
                        .maxInFlight(40)
                        .order(Order.UNORDERED)
                        .client("me", "1.2"));

        io.github.weirml.v1.PredictStart got = start.get();
        assertThat(got.getModel()).isEqualTo("m");
        assertThat(got.getOptionsMap()).containsExactly(java.util.Map.entry("batch.size", "5"));
        assertThat(got.getMaxInFlight()).isEqualTo(40);
        assertThat(got.getOrder()).isEqualTo(io.github.weirml.v1.Order.ORDER_UNORDERED);
        assertThat(got.getClient().getName()).isEqualTo("me");
        assertThat(got.getHeartbeat().getSeconds()).isEqualTo(20);
    }

    @Test
    void startedTellsWhatTheServerSaid() throws Exception {
        serve(stream -> stream.open(10));

        SessionInfo info = get(session().started());

        assertThat(info.model()).isEqualTo("scripted");
        assertThat(info.windowRecords()).isEqualTo(10);
        assertThat(info.effectiveBatchSize()).isEqualTo(7);
        assertThat(info.warnings()).containsExactly("a warning");
        assertThat(info.endpoint()).isEqualTo(server().endpoint());
    }

    @Test
    void recordsThatWaitLeaveTogetherAndInOrder() throws Exception {
        Shelf<List<Long>> sequences = new Shelf<>();
        Shelf<Integer> messages = new Shelf<>();
        Shelf<Boolean> all = new Shelf<>();
        serve(
                stream -> {
                    stream.start();
                    all.get();
                    stream.started(1000, 16 << 20);
                    var records = records(stream, 1000);
                    sequences.put(
                            records.stream()
                                    .map(r -> r.getSequence())
                                    .collect(Collectors.toList()));
                    messages.put(stream.messages());
                    stream.answer(records);
                });
        PredictSession session = session();
        var futures = predict(session, 1000);
        all.put(true);

        assertThat(values(futures)).isEqualTo(expected(1000));
        assertThat(sequences.get()).isEqualTo(LongStreams.from1(1000));
        assertThat(messages.get()).isBetween(4, 8);
    }

    @Test
    void noMoreThanTheWindowIsUnanswered() throws Exception {
        serve(
                stream -> {
                    stream.open(3);
                    var first = records(stream, 3);
                    assertThat(stream.isQuiet(100)).isTrue();
                    stream.answer(first.get(0), first.get(1));
                    var next = records(stream, 2);
                    assertThat(stream.isQuiet(100)).isTrue();
                    stream.answer(first.get(2)).answer(next);
                    stream.echo();
                });

        assertThat(values(predict(session(), 20))).isEqualTo(expected(20));
        assertThat(server().failures()).isEmpty();
    }

    @Test
    void theWindowCountsBytesAndOneRecordAlwaysFits() throws Exception {
        serve(
                stream -> {
                    stream.start();
                    stream.started(10, 10);
                    var large = stream.record();
                    assertThat(large.getText()).hasSize(50);
                    assertThat(stream.isQuiet(100)).isTrue();
                    stream.answer(large);
                    var pair = records(stream, 2);
                    assertThat(stream.isQuiet(100)).isTrue();
                    stream.answer(pair).echo();
                });
        PredictSession session = session();
        var futures =
                List.of("x".repeat(50), "äöüß1", "y", "1234567890").stream()
                        .map(text -> session.predict(Record.of(text)))
                        .collect(Collectors.toList());

        assertThat(values(futures)).hasSize(4);
        assertThat(server().failures()).isEmpty();
    }

    /** The server's window has room, but the connection does not. */
    @Test
    void whatTheConnectionCannotTakeWaits() throws Exception {
        Shelf<Boolean> goOn = new Shelf<>();
        serve(
                stream -> {
                    stream.start();
                    stream.pause();
                    stream.started(1000, 1 << 30);
                    goOn.get();
                    stream.resume();
                    stream.echo();
                });
        LongAdder sent = new LongAdder();
        SessionListener listener =
                new SessionListener() {
                    @Override
                    public void recordsSent(int records, int again, long bytes) {
                        sent.add(bytes);
                    }
                };
        PredictSession session = session(SessionConfig.builder(), listener);
        String text = "x".repeat(1 << 18);
        List<CompletableFuture<Result>> futures = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            futures.add(session.predict(Record.of(text)));
        }
        var hasty = session.predict(Record.of("y").withTimeout(Duration.ofMillis(300)));
        assertThat(get(hasty).error().message()).contains("waited for room");

        assertThat(sent.sum()).as("bytes sent of 25 MiB").isBetween(1L << 18, 4L << 20);
        goOn.put(true);
        assertThat(values(futures)).hasSize(100);
    }

    @Test
    void aSmallerWindowHolds() throws Exception {
        serve(
                stream -> {
                    stream.open(4);
                    var four = records(stream, 4);
                    stream.window(2).answer(four.get(0), four.get(1));
                    assertThat(stream.isQuiet(100)).isTrue();
                    stream.answer(four.get(2));
                    var next = stream.record();
                    assertThat(stream.isQuiet(100)).isTrue();
                    stream.window(100);
                    var rest = records(stream, 5);
                    stream.answer(four.get(3), next).answer(rest).echo();
                });

        assertThat(values(predict(session(), 10))).isEqualTo(expected(10));
        assertThat(server().failures()).isEmpty();
    }

    @Test
    void fieldsTravelInTheirOrderAndComeBackTyped() throws Exception {
        Shelf<io.github.weirml.v1.Record> got = new Shelf<>();
        serve(
                stream -> {
                    stream.open(10);
                    got.put(stream.record());
                    stream.result(
                            io.github.weirml.v1.Result.newBuilder()
                                    .setSequence(1)
                                    .setAttempts(2)
                                    .setMatch(io.github.weirml.v1.Match.MATCH_INDEX)
                                    .addWarnings("w")
                                    .setUsage(
                                            io.github.weirml.v1.Usage.newBuilder()
                                                    .setPromptTokens(3))
                                    .setValues(
                                            io.github.weirml.v1.Values.newBuilder()
                                                    .addAllFields(got.get().getFieldsList())));
                });
        List<Field> fields =
                List.of(Field.text("b", "x"), Field.json("a", "1.50"), Field.ofNull("c"));

        Result result = get(session().predict(Record.of(fields)));

        assertThat(result.values()).isEqualTo(fields);
        assertThat(result.value("a").content()).isEqualTo("1.50");
        assertThat(result.value("c").isNull()).isTrue();
        assertThat(result.usage().promptTokens()).isEqualTo(3);
        assertThat(result.attempts()).isEqualTo(2);
        assertThat(result.match()).isEqualTo(Match.INDEX);
        assertThat(result.warnings()).containsExactly("w");
    }

    @Test
    void theServerGetsLessTimeThanTheRecordHas() throws Exception {
        Shelf<io.github.weirml.v1.Record> got = new Shelf<>();
        serve(
                stream -> {
                    stream.open(10);
                    got.put(stream.record());
                });
        session().predict(Record.of("x").withTimeout(java.time.Duration.ofSeconds(5)));

        long nanos = Wire.nanos(got.get().getTimeout());
        assertThat(nanos).isBetween(3_000_000_000L, 4_500_000_000L);
    }

    @Test
    void flushReachesTheServer() throws Exception {
        Shelf<Boolean> flushed = new Shelf<>();
        serve(
                stream -> {
                    stream.open(10);
                    var record = stream.record();
                    flushed.put(stream.next().hasFlush());
                    stream.answer(record);
                });
        PredictSession session = session();
        var future = session.predict(Record.of("x"));
        session.flush();

        assertThat(flushed.get()).isTrue();
        assertThat(value(future)).isEqualTo("[x]");
    }

    @Test
    void aPingIsAnswered() throws Exception {
        Shelf<Long> pong = new Shelf<>();
        serve(
                stream -> {
                    stream.open(10).ping(42);
                    pong.put(stream.next().getPong().getId());
                });
        session();

        assertThat(pong.get()).isEqualTo(42);
    }

    @Test
    void recordsLargerThanAnyServerTakesAreErrorsOfTheirOwn() throws Exception {
        serve(stream -> stream.open(10).echo());
        PredictSession session = session();
        var large = session.predict(Record.of("x".repeat(5 << 20)));

        assertThat(value(session.predict(Record.of("small")))).isEqualTo("[small]");
        assertThat(get(large).error().reason()).isEqualTo(Reason.INVALID_RECORD);
        assertThat(session.pending()).isZero();
    }

    @Test
    void moreThanMaxPendingIsRefusedAtOnce() throws Exception {
        serve(stream -> stream.open(10));
        PredictSession session = session(SessionConfig.builder().maxPending(5));
        predict(session, 5);

        assertFails(session.predict(Record.of("x")), WeirException.Kind.OVERLOADED, "maxPending");
        assertThat(session.pending()).isEqualTo(5);
    }

    @Test
    void severalSessionsShareOneConnection() throws Exception {
        serve(stream -> stream.open(10).echo());
        List<PredictSession> sessions =
                IntStream.range(0, 5).mapToObj(i -> session()).collect(Collectors.toList());
        for (PredictSession session : sessions) {
            assertThat(value(session.predict(Record.of("x")))).isEqualTo("[x]");
        }

        assertThat(server().connections()).isEqualTo(1);
        assertThat(server().streams()).isEqualTo(5);
    }

    /** So that a test can be read. */
    private static final class LongStreams {
        static List<Long> from1(int count) {
            return java.util.stream.LongStream.rangeClosed(1, count)
                    .boxed()
                    .collect(Collectors.toList());
        }
    }
}
