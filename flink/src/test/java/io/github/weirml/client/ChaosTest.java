package io.github.weirml.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.testing.ScriptedServer;
import io.github.weirml.testing.ScriptedStream;
import io.github.weirml.testing.WeirProcess;
import io.github.weirml.v1.Reason;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Servers that do everything a server may do to a stream, at any point of it, chosen by a seed.
 * Whatever they do: each record completes once, with its own value.
 */
class ChaosTest extends SessionTestBase {
    private static final int RECORDS = 2_000;
    private static final List<Status.Code> ENDS =
            List.of(
                    Status.Code.UNAVAILABLE,
                    Status.Code.ABORTED,
                    Status.Code.INTERNAL,
                    Status.Code.UNKNOWN,
                    Status.Code.OK);

    private final AtomicInteger troubles = new AtomicInteger();
    private final AtomicInteger misuses = new AtomicInteger();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void everyRecordCompletesOnceWithItsOwnValue(long seed) throws Exception {
        Random random = new Random(seed);
        int servers = 1 + random.nextInt(3);
        for (int i = 0; i < servers; i++) {
            long own = random.nextLong();
            serve(stream -> play(stream, new Random(own + stream.number)));
        }
        Counting counting = new Counting();
        PredictSession session =
                session(
                        SessionConfig.builder()
                                .order(random.nextBoolean() ? Order.RECORD : Order.UNORDERED),
                        counting);
        AtomicInteger completions = new AtomicInteger();
        List<CompletableFuture<Result>> futures = predict(session, RECORDS);
        futures.forEach(future -> future.whenComplete((r, e) -> completions.incrementAndGet()));

        assertThat(values(futures)).isEqualTo(expected(RECORDS));
        assertThat(completions).hasValue(RECORDS);
        assertThat(counting.results).hasValue(RECORDS);
        assertThat(session.pending()).isZero();
        assertThat(misuses).as("records out of sequence or beyond the window").hasValue(0);
        assertThat(troubles).hasPositiveValue();
    }

    /** The server dies, with all its connections, and comes back, while records are in flight. */
    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23, 24})
    void aServerThatCrashesAgainAndAgainLosesNothing(long seed) throws Exception {
        Random random = new Random(seed);
        Set<Integer> marks = new HashSet<>();
        while (marks.size() < 5) {
            marks.add(50 + random.nextInt(RECORDS - 100));
        }
        AtomicInteger answered = new AtomicInteger();
        CompletableFuture<?>[] reached = new CompletableFuture<?>[RECORDS + 1];
        marks.forEach(mark -> reached[mark] = new CompletableFuture<>());
        ScriptedServer server =
                serve(new ScriptedServer(WeirProcess.freePort(), stream -> stream.open(64).echo()));
        PredictSession session = session();
        List<CompletableFuture<Result>> futures = predict(session, RECORDS);
        for (CompletableFuture<Result> future : futures) {
            future.thenRun(
                    () -> {
                        CompletableFuture<?> mark = reached[answered.incrementAndGet()];
                        if (mark != null) {
                            mark.complete(null);
                        }
                    });
        }
        for (int mark : marks.stream().sorted().collect(Collectors.toList())) {
            get(reached[mark]);
            server.crash();
            server.start();
        }

        assertThat(values(futures)).isEqualTo(expected(RECORDS));
        assertThat(answered).hasValue(RECORDS);
    }

    private static final class Counting implements SessionListener {
        final AtomicInteger results = new AtomicInteger();

        @Override
        public void resultReceived(Result result, long waitNanos, long answerNanos) {
            results.incrementAndGet();
        }
    }

    /** One stream, up to its trouble. Later streams live longer, so that the test ends. */
    private void play(ScriptedStream stream, Random random) throws InterruptedException {
        if (random.nextInt(10) == 0) {
            refuse(stream, random);
            return;
        }
        int window = 1 + random.nextInt(40);
        stream.open(window);
        int life = random.nextInt(40 * stream.number);
        List<io.github.weirml.v1.Record> open = new ArrayList<>();
        Set<Long> seen = ConcurrentHashMap.newKeySet();
        for (int step = 0; step < life; step++) {
            take(stream, open, seen, window);
            if (random.nextInt(3) == 0) {
                answerSome(stream, open, random);
            }
        }
        end(stream, open, random);
    }

    private void refuse(ScriptedStream stream, Random random) throws InterruptedException {
        troubles.incrementAndGet();
        if (random.nextBoolean()) {
            stream.start();
        }
        stream.end(Status.UNAVAILABLE.withDescription("before the start was answered"));
    }

    /** Takes a record if one comes soon; the sequence must rise, the window must hold. */
    private void take(
            ScriptedStream stream,
            List<io.github.weirml.v1.Record> open,
            Set<Long> seen,
            int window)
            throws InterruptedException {
        if (open.size() < window && !stream.isQuiet(1)) {
            io.github.weirml.v1.Record record = stream.record();
            long last = seen.isEmpty() ? 0 : Collections.max(seen);
            misuses.addAndGet(record.getSequence() > last ? 0 : 1);
            seen.clear();
            seen.add(record.getSequence());
            open.add(record);
        } else if (open.size() >= window && !stream.isQuiet(0)) {
            misuses.incrementAndGet();
        }
    }

    private static void answerSome(
            ScriptedStream stream, List<io.github.weirml.v1.Record> open, Random random) {
        int count = random.nextInt(open.size() + 1);
        if (random.nextBoolean()) {
            Collections.shuffle(open, random);
        }
        List<io.github.weirml.v1.Record> some = open.subList(0, count);
        stream.answer(some);
        if (random.nextInt(5) == 0) {
            stream.answer(some); // a second time: nobody may notice
        }
        some.clear();
    }

    private void end(ScriptedStream stream, List<io.github.weirml.v1.Record> open, Random random)
            throws InterruptedException {
        troubles.incrementAndGet();
        long last = open.stream().mapToLong(record -> record.getSequence()).max().orElse(0);
        switch (random.nextInt(4)) {
            case 0: // all that was taken is answered
                stream.drain(last).answer(open).end(Status.UNAVAILABLE);
                return;
            case 1: // it promises that, and breaks
                stream.drain(last);
                answerSome(stream, open, random);
                stream.end(Status.UNAVAILABLE);
                return;
            case 2:
                for (io.github.weirml.v1.Record record : open) {
                    stream.error(record, Reason.REASON_CANCELLED);
                }
                stream.end(Status.UNAVAILABLE);
                return;
            default:
                stream.end(ENDS.get(random.nextInt(ENDS.size())).toStatus());
        }
    }
}
