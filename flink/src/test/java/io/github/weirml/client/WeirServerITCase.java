package io.github.weirml.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.testing.Reviews;
import io.github.weirml.testing.Threads;
import io.github.weirml.testing.WeirProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The client against real weir processes that are killed and stopped under it. */
@Timeout(120)
class WeirServerITCase {
    private static final List<Reviews.Review> REVIEWS = Reviews.all();

    /** The label of each review, as an undisturbed server gives it. */
    private static List<String> labels;

    @TempDir Path folder;

    @BeforeAll
    static void label() throws Exception {
        try (WeirProcess weir = WeirProcess.serve();
                WeirClient client = client(weir);
                PredictSession session = client.open(config(2048).build())) {
            labels = labels(predict(session, REVIEWS));
        }
        assertThat(labels).hasSize(10_000).containsOnly("positive", "negative", "neutral");
    }

    @AfterEach
    void noThreadIsLeft() {
        assertThat(Threads.leftBehind()).isEmpty();
    }

    @Test
    void startedTellsWhatTheRealServerSays() throws Exception {
        try (WeirProcess weir = WeirProcess.serve();
                WeirClient client = client(weir);
                PredictSession session = client.open(config(34).build())) {
            SessionInfo info = session.started().get(20, TimeUnit.SECONDS);

            assertThat(info.model()).isEqualTo("sentiment");
            assertThat(info.options()).containsEntry("batch.size", "20");
            assertThat(info.windowRecords()).isEqualTo(34);
            assertThat(info.effectiveBatchSize()).isEqualTo(34 / 2);
            assertThat(info.warnings()).singleElement().asString().contains("batch.size");
        }
    }

    @Test
    void aWrongModelAndAWrongOptionAreRefusedByName() {
        try (WeirProcess weir = WeirProcess.serve();
                WeirClient client = client(weir)) {
            assertThat(refusal(client, SessionConfig.builder().model("nosuch")))
                    .contains("NOT_FOUND", "nosuch");
            assertThat(refusal(client, config(10).option("batch.sice", "3")))
                    .contains("INVALID_ARGUMENT", "batch.sice", "batch.size");
        }
    }

    private static String refusal(WeirClient client, SessionConfig.Builder config) {
        try (PredictSession session = client.open(config.build())) {
            Throwable failure =
                    session.started().handle((info, e) -> e).orTimeout(20, TimeUnit.SECONDS).join();
            assertThat(failure).isInstanceOf(WeirException.class);
            return failure.getMessage();
        }
    }

    @ParameterizedTest
    @EnumSource(Order.class)
    void killedServersLoseAndDoubleNothing(Order order) throws Exception {
        try (WeirProcess weir = WeirProcess.serve();
                WeirClient client = client(weir)) {
            Run run = new Run(client, config(500).order(order), REVIEWS);
            for (int mark : new int[] {500, 3_000, 6_000, 9_000}) {
                run.awaitResults(mark);
                weir.kill();
                weir.start();
            }

            run.assertComplete(labels);
            assertThat(run.again).as("sent again").hasPositiveValue();
        }
    }

    @Test
    void aStoppedServerAnswersWhatItHasTaken() throws Exception {
        try (WeirProcess weir = WeirProcess.serve();
                WeirClient client = client(weir)) {
            Run run = new Run(client, config(500), REVIEWS);
            for (int mark : new int[] {1_000, 5_000, 8_000}) {
                run.awaitResults(mark);
                weir.terminate();
                assertThat(weir.awaitEnd()).as("weir's exit code").isZero();
                weir.start();
            }

            run.assertComplete(labels);
        }
    }

    @Test
    void oneOfTwoServersIsAlwaysThere() throws Exception {
        try (WeirProcess one = WeirProcess.serve();
                WeirProcess other = WeirProcess.serve();
                WeirClient client = client(one, other)) {
            Run first = new Run(client, config(300), REVIEWS.subList(0, 5_000));
            Run second = new Run(client, config(300), REVIEWS.subList(5_000, 10_000));
            first.awaitResults(500);
            one.kill();
            one.start();
            second.awaitResults(2_500);
            other.terminate();
            other.awaitEnd();

            first.assertComplete(labels.subList(0, 5_000));
            second.assertComplete(labels.subList(5_000, 10_000));
        }
    }

    /** A model that takes its time, so that every kill finds calls in flight. */
    @Test
    void aSlowModelBehindAKilledServer() throws Exception {
        try (WeirProcess model = WeirProcess.simulate("--latency", "100ms");
                WeirProcess weir = WeirProcess.serve(slowModel(model).toString());
                WeirClient client = client(weir)) {
            Run run = new Run(client, config(200), REVIEWS.subList(0, 2_000));
            for (int mark : new int[] {200, 800, 1_500}) {
                run.awaitResults(mark);
                weir.kill();
                weir.start();
            }

            run.assertComplete(labels.subList(0, 2_000));
            assertThat(run.again).hasValueBetween(3 * 20, 3 * 200);
        }
    }

    private Path slowModel(WeirProcess model) throws Exception {
        return Files.writeString(
                folder.resolve("weir.yaml"),
                "providers: {slow: {kind: openai, base_url: \"http://"
                        + model.endpoint()
                        + "/v1\"}}\n"
                        + "models:\n"
                        + "  sentiment:\n"
                        + "    provider: slow\n"
                        + "    model: any\n"
                        + "    options: {system.prompt: \"Name the sentiment of each text.\"}\n");
    }

    /** All of some reviews through one session, in order, with each result counted. */
    private static final class Run implements SessionListener {
        final AtomicInteger again = new AtomicInteger();
        private final AtomicInteger results = new AtomicInteger();
        private final Map<Integer, CompletableFuture<Void>> marks =
                new java.util.concurrent.ConcurrentHashMap<>();
        private final PredictSession session;
        private final List<CompletableFuture<Result>> futures;

        Run(WeirClient client, SessionConfig.Builder config, List<Reviews.Review> reviews) {
            session = client.open(config.build(), this);
            futures = predict(session, reviews);
        }

        @Override
        public void recordsSent(int records, int repeated, long bytes) {
            again.addAndGet(repeated);
        }

        @Override
        public void resultReceived(Result result, long waitNanos, long answerNanos) {
            int count = results.incrementAndGet();
            marks.forEach(
                    (mark, reached) -> {
                        if (count >= mark) {
                            reached.complete(null);
                        }
                    });
        }

        void awaitResults(int mark) throws Exception {
            CompletableFuture<Void> reached = new CompletableFuture<>();
            marks.put(mark, reached);
            if (results.get() >= mark) {
                reached.complete(null);
            }
            reached.get(60, TimeUnit.SECONDS);
        }

        void assertComplete(List<String> expected) throws Exception {
            assertThat(labels(futures)).isEqualTo(expected);
            assertThat(results).hasValue(expected.size());
            assertThat(session.pending()).isZero();
            session.close();
        }
    }

    private static WeirClient client(WeirProcess... servers) {
        List<String> endpoints = new ArrayList<>();
        for (WeirProcess server : servers) {
            endpoints.add(server.endpoint());
        }
        return WeirClient.create(ClientConfig.builder().endpoints(endpoints).build());
    }

    private static SessionConfig.Builder config(int maxInFlight) {
        return SessionConfig.builder()
                .model("sentiment")
                .maxInFlight(maxInFlight)
                .option("batch.size", "20");
    }

    private static List<CompletableFuture<Result>> predict(
            PredictSession session, List<Reviews.Review> reviews) {
        List<CompletableFuture<Result>> futures = new ArrayList<>();
        for (Reviews.Review review : reviews) {
            futures.add(session.predict(Record.of(review.text)));
        }
        return futures;
    }

    private static List<String> labels(List<CompletableFuture<Result>> futures) throws Exception {
        List<String> labels = new ArrayList<>();
        for (CompletableFuture<Result> future : futures) {
            Result result = future.get(60, TimeUnit.SECONDS);
            assertThat(result.error()).isNull();
            labels.add(result.values().get(0).content());
        }
        return labels;
    }
}
