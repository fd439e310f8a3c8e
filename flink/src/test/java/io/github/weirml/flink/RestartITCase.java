package io.github.weirml.flink;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.client.ClientConfig;
import io.github.weirml.client.PredictSession;
import io.github.weirml.client.Record;
import io.github.weirml.client.Result;
import io.github.weirml.client.SessionConfig;
import io.github.weirml.client.WeirClient;
import io.github.weirml.testing.CutProxy;
import io.github.weirml.testing.JobMetrics;
import io.github.weirml.testing.Reviews;
import io.github.weirml.testing.Simulators;
import io.github.weirml.testing.Threads;
import io.github.weirml.testing.WeirProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A job with checkpoints over the real reviews, while the job, the server and the connection are
 * killed again and again. Nothing may be lost or doubled in what the job puts out.
 */
@Timeout(180)
@SuppressWarnings("try")
class RestartITCase {
    private static final int KILLS = 20;
    private static final int CAPACITY = 40;
    private static final long SEED = 20261124;
    private static final JobMetrics METRICS = new JobMetrics();

    @RegisterExtension
    static final MiniClusterExtension CLUSTER = new MiniClusterExtension(METRICS.cluster(2));

    @TempDir Path folder;

    // The tasks are in this JVM.
    private static final Semaphore EMITTED = new Semaphore(0);
    private static final AtomicBoolean FAIL = new AtomicBoolean();
    private static final AtomicInteger ASKED = new AtomicInteger();
    private static final AtomicInteger ALL_EMITTED = new AtomicInteger();

    private final Random random = new Random(SEED);
    private final int[] inFlight = new int[3];
    private int cut;

    @Test
    void nothingIsLostOrDoubledWhateverIsKilled() throws Exception {
        List<Tuple2<String, String>> rows = new ArrayList<>();
        try (WeirProcess model = WeirProcess.simulate("--latency", "40ms");
                WeirProcess weir = WeirProcess.serve(Simulators.config(folder, model));
                CutProxy proxy = new CutProxy(weir.endpoint())) {
            DataStream<Tuple2<String, String>> labels = label(proxy.endpoint());
            CompletableFuture<Void> killer;
            try (CloseableIterator<Tuple2<String, String>> all = labels.collectAsync()) {
                labels.getExecutionEnvironment().executeAsync();
                killer = CompletableFuture.runAsync(() -> killAll(weir, proxy));
                all.forEachRemaining(rows::add);
            }
            killer.get(1, TimeUnit.SECONDS); // all kills came before the end
        }

        assertThat(rows).containsExactlyInAnyOrderElementsOf(undisturbed());
        assertThat(inFlight).as("kills with records in flight").containsOnly(KILLS);
        assertThat(cut).as("connections cut").isGreaterThanOrEqualTo(KILLS);
        assertThat(METRICS.total("recordsSentAgain"))
                .as("sent again, for 2 subtasks and 40 broken streams of each")
                .isBetween((long) KILLS, 2L * CAPACITY * 2 * KILLS);
        assertThat(ASKED.get() - ALL_EMITTED.get())
                .as("asked in vain: what two subtasks had in flight at each restart")
                .isBetween(KILLS, KILLS * 2 * CAPACITY);
        assertThat(Threads.leftBehind()).isEmpty();
    }

    /** Kills come 50 to 150 rows apart; there is a checkpoint every 50 ms. */
    private void killAll(WeirProcess weir, CutProxy proxy) {
        for (int i = 0; i < 3 * KILLS; i++) {
            EMITTED.acquireUninterruptibly(50 + random.nextInt(100));
            inFlight[i % 3] += METRICS.total("recordsInFlight") > 0 ? 1 : 0;
            switch (i % 3) {
                case 0:
                    FAIL.set(true);
                    break;
                case 1:
                    weir.kill();
                    weir.start();
                    break;
                default:
                    cutSome(proxy);
            }
        }
    }

    /** Where the last kill has left no connection, rows will come over the next one. */
    private void cutSome(CutProxy proxy) {
        int some = proxy.cut();
        while (some == 0) {
            EMITTED.acquireUninterruptibly();
            some = proxy.cut();
        }
        cut += some;
    }

    private static DataStream<Tuple2<String, String>> label(String endpoint) {
        Configuration restarts = new Configuration();
        restarts.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        restarts.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, KILLS);
        restarts.set(
                RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(1));
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(restarts);
        env.setParallelism(2);
        env.enableCheckpointing(50);
        List<Tuple2<String, String>> reviews =
                Reviews.all().stream()
                        .map(review -> Tuple2.of(review.id, review.text))
                        .collect(Collectors.toList());
        return WeirAsyncFunction.<Tuple2<String, String>, Tuple2<String, String>>builder()
                .endpoints(endpoint)
                .model("sentiment")
                .option("batch.size", "20")
                .capacity(CAPACITY)
                .record(RestartITCase::record)
                .output((review, result) -> Tuple2.of(review.f0, show(result)))
                .returns(new TypeHint<>() {})
                .unorderedWait(env.fromData(reviews).rebalance())
                .map(RestartITCase::emit)
                .returns(new TypeHint<>() {});
    }

    private static Record record(Tuple2<String, String> review) {
        ASKED.incrementAndGet();
        return Record.of(review.f1);
    }

    private static String show(Result result) {
        return result.isValue()
                ? result.values().get(0).content()
                : result.error().reason().toString();
    }

    private static Tuple2<String, String> emit(Tuple2<String, String> row) {
        ALL_EMITTED.incrementAndGet();
        EMITTED.release();
        if (FAIL.compareAndSet(true, false)) {
            throw new IllegalStateException("killed by the test");
        }
        return row;
    }

    /** The same labels without a job, from a server that nobody disturbs. */
    private static List<Tuple2<String, String>> undisturbed() {
        try (WeirProcess weir = WeirProcess.serve();
                WeirClient client =
                        WeirClient.create(
                                ClientConfig.builder().endpoints(weir.endpoint()).build());
                PredictSession session =
                        client.open(SessionConfig.builder().option("batch.size", "20").build())) {
            List<CompletableFuture<Tuple2<String, String>>> labels = new ArrayList<>();
            for (Reviews.Review review : Reviews.all()) {
                labels.add(
                        session.predict(Record.of(review.text))
                                .thenApply(result -> Tuple2.of(review.id, show(result))));
            }
            return labels.stream().map(CompletableFuture::join).collect(Collectors.toList());
        }
    }
}
