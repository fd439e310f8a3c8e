package io.github.weirml.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.weirml.client.Record;
import io.github.weirml.client.Result;
import io.github.weirml.testing.JobMetrics;
import io.github.weirml.testing.Logs;
import io.github.weirml.testing.Reviews;
import io.github.weirml.testing.Simulators;
import io.github.weirml.testing.Threads;
import io.github.weirml.testing.WeirProcess;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.datastream.AsyncDataStream;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The AsyncFunction in real jobs, against real weir processes. */
@Timeout(120)
@SuppressWarnings("try")
class WeirAsyncFunctionITCase {
    private static final JobMetrics METRICS = new JobMetrics();
    private static final List<Tuple2<String, String>> REVIEWS =
            Reviews.all().stream()
                    .map(review -> Tuple2.of(review.id, review.text))
                    .collect(Collectors.toList());
    private static final List<String> IDS =
            REVIEWS.stream().map(review -> review.f0).collect(Collectors.toList());

    @RegisterExtension
    static final MiniClusterExtension CLUSTER = new MiniClusterExtension(METRICS.cluster(2));

    @TempDir Path folder;

    private Logs logs;
    private JobID job;

    @BeforeEach
    void listen() {
        logs = new Logs();
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(Threads.leftBehind()).isEmpty();
        assertThat(logs.with("closed classloader")).isEmpty();
        logs.close();
    }

    @Test
    void everyReviewHasItsLabelInOrder() throws Exception {
        try (WeirProcess weir = WeirProcess.serve()) {
            List<Tuple2<String, String>> labels =
                    run(1, in -> function(weir).capacity(200).orderedWait(in), REVIEWS);

            assertThat(ids(labels)).isEqualTo(IDS);
            assertThat(labels)
                    .extracting(row -> row.f1)
                    .containsOnly("positive", "negative", "neutral");
            assertThat(metric("recordsIn")).isEqualTo(10_000);
            assertThat(metric("recordsOut")).isEqualTo(10_000);
            assertThat(metric("recordsFailed")).isZero();
            assertThat(metric("recordsDropped")).isZero();
            assertThat(metric("recordsInFlight")).isZero();
            assertThat(metric("answerMillis")).isEqualTo(10_000);
            assertThat(metric("sendWaitMillis")).isEqualTo(10_000);
            assertThat(metric("promptTokens")).isGreaterThan(100_000);
            assertThat(metric("completionTokens")).isGreaterThan(10_000);
            assertThat(metric("retries")).isZero();
            assertThat(metric("reconnects")).isZero();
        }
    }

    @Test
    void subtasksShareTheWork() throws Exception {
        try (WeirProcess weir = WeirProcess.serve()) {
            List<Tuple2<String, String>> labels =
                    run(2, in -> function(weir).unorderedWait(in.rebalance()), REVIEWS);

            assertThat(ids(labels)).containsExactlyInAnyOrderElementsOf(IDS);
            assertThat(logs.with("weir session: model sentiment")).hasSize(2);
        }
    }

    @Test
    void anErrorIsAResult() throws Exception {
        try (WeirProcess weir = WeirProcess.serve()) {
            List<Tuple2<String, String>> labels =
                    run(1, in -> function(weir).orderedWait(in), SOME_BAD);

            assertThat(labels)
                    .containsExactly(
                            Tuple2.of("1", "positive"),
                            Tuple2.of("2", "INVALID_RECORD"),
                            Tuple2.of("3", "INVALID_RECORD"),
                            Tuple2.of("4", "negative"));
            assertThat(metric("recordsOut")).isEqualTo(2);
            assertThat(metric("recordsFailed")).isEqualTo(2);
        }
    }

    /** The third has no record: {@link #record} returns null. */
    private static final List<Tuple2<String, String>> SOME_BAD =
            List.of(
                    Tuple2.of("1", "I love it"),
                    Tuple2.of("2", "  "),
                    Tuple2.of("3", "none"),
                    Tuple2.of("4", "I hate it"));

    @Test
    void errorsCanBeDropped() throws Exception {
        try (WeirProcess weir = WeirProcess.serve()) {
            List<Tuple2<String, String>> labels =
                    run(1, in -> function(weir).onError(OnError.DROP).orderedWait(in), SOME_BAD);

            assertThat(ids(labels)).containsExactly("1", "4");
            assertThat(metric("recordsDropped")).isEqualTo(2);
        }
    }

    @Test
    void anErrorCanFailTheJobWithoutShowingTheRow() {
        try (WeirProcess weir = WeirProcess.serve()) {
            List<Tuple2<String, String>> rows = new ArrayList<>(SOME_BAD.subList(1, 2));
            rows.add(Tuple2.of("5", "a private text"));

            assertThatThrownBy(
                            () ->
                                    run(
                                            1,
                                            in ->
                                                    function(weir)
                                                            .onError(OnError.FAIL)
                                                            .orderedWait(in),
                                            rows))
                    .hasStackTraceContaining("INVALID_RECORD: the record is empty")
                    .hasStackTraceContaining("Model \"sentiment\" of weir at 127.0.0.1");
            assertThat(logs.with("a private text")).isEmpty();
        }
    }

    @Test
    void withoutAServerTheJobFailsAndSaysWhere() {
        String nowhere = "127.0.0.1:" + WeirProcess.freePort();
        assertThatThrownBy(
                        () ->
                                run(
                                        1,
                                        in ->
                                                function(nowhere)
                                                        .startTimeout(Duration.ofSeconds(3))
                                                        .orderedWait(in),
                                        SOME_BAD))
                .hasStackTraceContaining("Cannot use model \"sentiment\" of weir at " + nowhere)
                .hasStackTraceContaining("Connection refused")
                .hasStackTraceContaining("Check that the server runs");
    }

    @Test
    void aRefusalIsFinalHoweverOftenAJobMayRestart() {
        try (WeirProcess weir = WeirProcess.serve()) {
            Configuration restarts = new Configuration();
            restarts.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
            restarts.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 1_000_000);

            assertThatThrownBy(
                            () ->
                                    run(
                                            env(1, restarts),
                                            in -> function(weir).model("nosuch").orderedWait(in),
                                            SOME_BAD))
                    .hasStackTraceContaining("NOT_FOUND")
                    .hasStackTraceContaining("nosuch")
                    .hasStackTraceContaining("not recoverable");
        }
    }

    @Test
    void aServerThatIsKilledAndComesBackIsNotNoticed() throws Exception {
        List<Tuple2<String, String>> some = REVIEWS.subList(0, 1_500);
        try (WeirProcess model = WeirProcess.simulate("--latency", "200ms");
                WeirProcess weir = WeirProcess.serve(Simulators.config(folder, model))) {
            StreamExecutionEnvironment env = env(2, new Configuration());
            DataStream<Tuple2<String, String>> out =
                    function(weir).capacity(60).unorderedWait(rows(env, some).rebalance());
            List<String> ids = new ArrayList<>();
            try (CloseableIterator<Tuple2<String, String>> rows = out.collectAsync()) {
                job = env.executeAsync().getJobID();
                while (rows.hasNext()) {
                    Tuple2<String, String> row = rows.next();
                    assertThat(row.f1).isIn("positive", "negative", "neutral");
                    ids.add(row.f0);
                    if (ids.size() == 200 || ids.size() == 800) {
                        weir.kill();
                        weir.start();
                    }
                }
            }

            assertThat(ids).containsExactlyInAnyOrderElementsOf(IDS.subList(0, 1_500));
            assertThat(metric("recordsIn")).isEqualTo(1_500);
            assertThat(metric("recordsOut")).isEqualTo(1_500);
            assertThat(metric("reconnects")).isBetween(4L, 60L);
            assertThat(metric("recordsSentAgain")).isBetween(40L, 2 * 2 * 60L);
            assertThat(logs.with("weir stream ended")).hasSizeLessThanOrEqualTo(2);
        }
    }

    @Test
    void anAnswerThatNeverComesIsAnErrorBeforeFlinksTimeout() throws Exception {
        try (WeirProcess model = WeirProcess.simulate("--fault", "hang=1");
                WeirProcess weir = WeirProcess.serve(Simulators.config(folder, model))) {
            List<Tuple2<String, String>> labels =
                    run(
                            1,
                            in -> function(weir).timeout(Duration.ofSeconds(3)).orderedWait(in),
                            REVIEWS.subList(0, 50));

            assertThat(labels)
                    .hasSize(50)
                    .extracting(row -> row.f1)
                    .containsOnly("DEADLINE_EXCEEDED");
            assertThat(metric("recordsFailed")).isEqualTo(50); // the client's: Flink's did not come
        }
    }

    @Test
    void evenFlinksOwnTimeoutIsAnError() throws Exception {
        try (WeirProcess model = WeirProcess.simulate("--fault", "hang=1");
                WeirProcess weir = WeirProcess.serve(Simulators.config(folder, model))) {
            List<Tuple2<String, String>> labels =
                    run(
                            1,
                            in ->
                                    AsyncDataStream.unorderedWait(
                                            in, function(weir).build(), 500, TimeUnit.MILLISECONDS),
                            REVIEWS.subList(0, 50));

            assertThat(labels)
                    .hasSize(50)
                    .extracting(row -> row.f1)
                    .containsOnly("DEADLINE_EXCEEDED");
        }
    }

    @Test
    void aServerThatComesBackWithoutTheModelFailsTheJobOnce() throws Exception {
        try (WeirProcess model = WeirProcess.simulate("--latency", "200ms");
                WeirProcess weir = WeirProcess.serve(Simulators.config(folder, model))) {
            StreamExecutionEnvironment env = env(1, new Configuration());
            DataStream<Tuple2<String, String>> out =
                    function(weir).capacity(40).orderedWait(rows(env, REVIEWS.subList(0, 1_000)));
            try (CloseableIterator<Tuple2<String, String>> rows = out.collectAsync()) {
                env.executeAsync();
                rows.next();
                Path config = folder.resolve("weir.yaml");
                Files.writeString(
                        config, Files.readString(config).replace("  sentiment:", "  other:"));
                weir.kill();
                weir.start();

                assertThatThrownBy(() -> rows.forEachRemaining(row -> {}))
                        .hasStackTraceContaining("weir refuses the session")
                        .hasStackTraceContaining("NOT_FOUND");
            }
            assertThat(logs.with("ERROR io.github.weirml")).hasSize(1);
            assertThat(logs.with(REVIEWS.get(45).f1)).isEmpty();
        }
    }

    /** Something that takes connections and never says a word. */
    @Test
    void aJobThatWaitsForAServerCanBeCancelled() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            StreamExecutionEnvironment env = env(1, new Configuration());
            function("127.0.0.1:" + silent.getLocalPort())
                    .orderedWait(rows(env, SOME_BAD))
                    .sinkTo(new DiscardingSink<>());
            JobClient client = env.executeAsync();
            try (Socket connection = silent.accept()) {
                assertThat(connection.isConnected()).isTrue();
                long start = System.nanoTime();
                client.cancel().get(20, TimeUnit.SECONDS);

                assertThatThrownBy(() -> client.getJobExecutionResult().get(20, TimeUnit.SECONDS))
                        .hasStackTraceContaining("cancelled");
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(CANCEL_TIME);
            }
        }
    }

    private static final Duration CANCEL_TIME = Duration.ofSeconds(5);

    @Test
    void aJobWithRecordsInFlightCanBeCancelled() throws Exception {
        try (WeirProcess model = WeirProcess.simulate("--fault", "hang=1");
                WeirProcess weir = WeirProcess.serve(Simulators.config(folder, model))) {
            StreamExecutionEnvironment env = env(2, new Configuration());
            ASKED.drainPermits();
            function(weir)
                    .record(WeirAsyncFunctionITCase::countedRecord)
                    .unorderedWait(rows(env, REVIEWS).rebalance())
                    .sinkTo(new DiscardingSink<>());
            JobClient client = env.executeAsync();
            assertThat(ASKED.tryAcquire(100, 20, TimeUnit.SECONDS)).isTrue();
            long start = System.nanoTime();
            client.cancel().get(20, TimeUnit.SECONDS);

            assertThatThrownBy(() -> client.getJobExecutionResult().get(20, TimeUnit.SECONDS))
                    .hasStackTraceContaining("cancelled");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(CANCEL_TIME);
            assertThat(logs.with("ERROR io.github.weirml")).isEmpty();
        }
    }

    @Test
    void warningsOfTheServerAreLoggedOnce() throws Exception {
        try (WeirProcess weir = WeirProcess.serve()) {
            run(1, in -> function(weir).capacity(34).orderedWait(in), REVIEWS.subList(0, 500));

            assertThat(logs.with("WARN io.github.weirml.flink"))
                    .singleElement()
                    .asString()
                    .contains("batch.size");
        }
    }

    /** What a test does with the rows. */
    private interface Pipeline {
        DataStream<Tuple2<String, String>> on(DataStream<Tuple2<String, String>> rows);
    }

    private List<Tuple2<String, String>> run(
            int parallelism, Pipeline pipeline, List<Tuple2<String, String>> rows)
            throws Exception {
        return run(env(parallelism, new Configuration()), pipeline, rows);
    }

    private List<Tuple2<String, String>> run(
            StreamExecutionEnvironment env, Pipeline pipeline, List<Tuple2<String, String>> rows)
            throws Exception {
        List<Tuple2<String, String>> out = new ArrayList<>();
        try (CloseableIterator<Tuple2<String, String>> all =
                pipeline.on(rows(env, rows)).collectAsync()) {
            job = env.executeAsync().getJobID();
            all.forEachRemaining(out::add);
        }
        return out;
    }

    private static StreamExecutionEnvironment env(int parallelism, Configuration configuration) {
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        env.setParallelism(parallelism);
        return env;
    }

    private static DataStream<Tuple2<String, String>> rows(
            StreamExecutionEnvironment env, List<Tuple2<String, String>> rows) {
        return env.fromData(rows).setParallelism(1);
    }

    private static WeirAsyncFunction.Builder<Tuple2<String, String>, Tuple2<String, String>>
            function(WeirProcess weir) {
        return function(weir.endpoint());
    }

    private static WeirAsyncFunction.Builder<Tuple2<String, String>, Tuple2<String, String>>
            function(String endpoint) {
        return WeirAsyncFunction.<Tuple2<String, String>, Tuple2<String, String>>builder()
                .endpoints(endpoint)
                .model("sentiment")
                .option("batch.size", "20")
                .record(WeirAsyncFunctionITCase::record)
                .output((row, result) -> Tuple2.of(row.f0, show(result)))
                .returns(new TypeHint<>() {});
    }

    /** Counts rows: the task managers are in this JVM. */
    private static final Semaphore ASKED = new Semaphore(0);

    private static Record countedRecord(Tuple2<String, String> row) {
        ASKED.release();
        return record(row);
    }

    private static Record record(Tuple2<String, String> row) {
        return row.f1.equals("none") ? null : Record.of(row.f1);
    }

    private static String show(Result result) {
        return result.isValue()
                ? result.values().get(0).content()
                : result.error().reason().toString();
    }

    private static List<String> ids(List<Tuple2<String, String>> rows) {
        return rows.stream().map(row -> row.f0).collect(Collectors.toList());
    }

    private long metric(String name) {
        return METRICS.sum(job, name);
    }
}
