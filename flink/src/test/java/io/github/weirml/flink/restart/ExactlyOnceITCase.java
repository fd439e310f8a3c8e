package io.github.weirml.flink.restart;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.client.Order;
import io.github.weirml.flink.restart.Trial.Face;
import io.github.weirml.testing.CutProxy;
import io.github.weirml.testing.JobMetrics;
import io.github.weirml.testing.SimulatedWeir;
import io.github.weirml.testing.Threads;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Jobs over real reviews that are killed, or whose server or connection is, always with model calls
 * in flight. Each review is to come out once, with its own answer, and the model is to be asked
 * again for no more than what was in flight, or not yet in a checkpoint.
 *
 * <p>{@code -Dweir.soak=true} kills more often, {@code -Dweir.seed=N} elsewhere.
 */
@Timeout(300)
class ExactlyOnceITCase {
    private static final boolean SOAK = Boolean.getBoolean("weir.soak");
    private static final long SEED = Long.getLong("weir.seed", 20261124L);

    /** In each case; there are four of each kind. */
    private static final int KILLS = SOAK ? 40 : 6;

    /** For jobs that are killed: enough that the last kill comes before the end. */
    private static final int REVIEWS = 320 * KILLS;

    /**
     * For jobs that end when all outages are over: more than they can need, however busy we are.
     */
    private static final int ENOUGH = 20_000 * KILLS;

    private static final int IN_FLIGHT = Trial.PARALLELISM * Trial.CAPACITY;
    private static final JobMetrics METRICS = new JobMetrics();

    @RegisterExtension
    static final MiniClusterExtension CLUSTER =
            new MiniClusterExtension(METRICS.cluster(Trial.PARALLELISM));

    @TempDir Path folder;

    @Retention(RetentionPolicy.RUNTIME)
    @ParameterizedTest
    @CsvSource({
        "ASYNC_FUNCTION, RECORD",
        "ASYNC_FUNCTION, UNORDERED",
        "ML_PREDICT, RECORD",
        "ML_PREDICT, UNORDERED"
    })
    private @interface EachCase {}

    /** What happens to a server or a connection. */
    private interface Outage {
        void happen(Random random);
    }

    @BeforeAll
    static void learn() throws Exception {
        Answers.learn();
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(Threads.leftBehind()).isEmpty();
    }

    @EachCase
    void aKilledJobLosesAndDoublesNothing(Face face, Order order) throws Exception {
        String name = name("job", face, order);
        try (SimulatedWeir weir = slowWeir();
                Flow flow = new Flow(name, Trial.PARALLELISM, SEED)) {
            flow.kill(KILLS, 300);
            Trial trial = new Trial(face, order, weir.endpoint(), REVIEWS);
            String model = weir.model();
            trial.start(name, () -> SimulatedWeir.callsInFlight(model), KILLS);
            trial.assertExactlyOnce(flow);

            assertThat(flow.ids()).hasSize(REVIEWS);
            assertThat(flow.killsLeft()).isZero();
            assertThat(flow.restarts()).isEqualTo(KILLS);
            // In the operator: its capacity, and a row that waits for a place.
            assertThat(flow.mostInFlight()).isBetween(1L, IN_FLIGHT + (long) Trial.PARALLELISM);
            assertThat(flow.entered() - REVIEWS).isBetween((long) KILLS, flow.mayRepeat());
            assertCalls(weir, flow.entered());
        }
    }

    @EachCase
    void aKilledServerIsNotNoticed(Face face, Order order) throws Exception {
        try (SimulatedWeir weir = slowWeir()) {
            Trial trial = new Trial(face, order, weir.endpoint(), ENOUGH);
            Outage kill =
                    random -> {
                        weir.weir().kill();
                        weir.weir().start();
                    };
            runThrough(kill, trial, weir, name("server", face, order));
        }
    }

    @EachCase
    void aBrokenConnectionIsNotNoticed(Face face, Order order) throws Exception {
        try (SimulatedWeir weir = slowWeir();
                CutProxy proxy = new CutProxy(weir.endpoint())) {
            Trial trial = new Trial(face, order, proxy.endpoint(), ENOUGH);
            Outage cut =
                    random ->
                            assertThat(random.nextBoolean() ? proxy.cut() : proxy.reset())
                                    .isPositive();
            runThrough(cut, trial, weir, name("connection", face, order));
        }
    }

    private SimulatedWeir slowWeir() {
        return new SimulatedWeir(folder, "", "--latency", "50ms");
    }

    private static String name(String what, Face face, Order order) {
        return what + " " + face + " " + order + " seed " + SEED;
    }

    /**
     * Runs a job that may not restart through outages. More rows leave the operator between two of
     * them than fit into it: so all that an outage left unanswered was sent again before the next.
     */
    private static void runThrough(Outage outage, Trial trial, SimulatedWeir weir, String name)
            throws Exception {
        Random random = new Random(SEED);
        List<Long> again = new ArrayList<>();
        try (Flow flow = new Flow(name, Trial.PARALLELISM, SEED)) {
            trial.start(name, () -> 0, 0);
            for (int i = 0; i < KILLS; i++) {
                flow.awaitLeft(flow.left() + IN_FLIGHT + 1 + random.nextInt(100));
                again.add(METRICS.sum(trial.job(), "recordsSentAgain"));
                outage.happen(random);
            }
            flow.awaitLeft(flow.left() + IN_FLIGHT + 1);
            flow.end();
            trial.assertExactlyOnce(flow);
            again.add(METRICS.sum(trial.job(), "recordsSentAgain"));

            assertThat(flow.restarts()).isZero();
            assertThat(flow.ids()).hasSize((int) flow.entered());
            assertThat(again).startsWith(0L).isSorted().doesNotHaveDuplicates();
            assertThat(again.get(KILLS)).isLessThanOrEqualTo((long) KILLS * IN_FLIGHT);
            assertCalls(weir, flow.entered());
        }
    }

    /**
     * Full batches, but for the last one of a subtask; and for each kill the calls of all that was
     * in flight, and one batch of a subtask that was not full.
     */
    private static void assertCalls(SimulatedWeir weir, long records) throws Exception {
        long extra = Trial.PARALLELISM * (Trial.CAPACITY / Trial.BATCH + 1L);
        long most = records / Trial.BATCH + Trial.PARALLELISM + KILLS * extra;
        assertThat(weir.calls()).isBetween(records / Trial.BATCH, most);
    }
}
