package io.github.weirml.flink.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.weirml.client.ClientConfig;
import io.github.weirml.client.Record;
import io.github.weirml.client.SessionConfig;
import io.github.weirml.testing.Threads;
import io.github.weirml.testing.WeirProcess;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.TaskInfoImpl;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.throwable.ThrowableClassifier;
import org.apache.flink.runtime.throwable.ThrowableType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try")
class SubtaskSessionITCase {

    @AfterEach
    void noThreadIsLeft() {
        assertThat(Threads.leftBehind()).isEmpty();
    }

    @Test
    void aRefusalIsFinalOnTheFirstAttemptOnly() {
        try (WeirProcess weir = WeirProcess.serve()) {
            SessionConfig wrong = SessionConfig.builder().model("nosuch").build();

            assertThat(failure(weir.endpoint(), wrong, 0)).isEqualTo(FINAL);
            assertThat(failure(weir.endpoint(), wrong, 1)).isEmpty();
        }
    }

    private static final Optional<ThrowableType> FINAL =
            Optional.of(ThrowableType.NonRecoverableError);

    @Test
    void aServerThatIsNotThereMayComeBack() {
        SessionConfig soon = SessionConfig.builder().startTimeout(Duration.ofMillis(300)).build();

        assertThat(failure("127.0.0.1:" + WeirProcess.freePort(), soon, 0)).isEmpty();
    }

    /** Of what type Flink takes the failure for; empty: a restart may help. */
    private static Optional<ThrowableType> failure(
            String endpoint, SessionConfig session, int attempt) {
        Throwable failure = catchThrowable(() -> open(endpoint, session, attempt));
        assertThat(failure)
                .isInstanceOf(SessionFailure.class)
                .hasMessageContaining("of weir at " + endpoint);
        return Optional.of(ThrowableClassifier.getThrowableType(failure))
                .filter(type -> type != ThrowableType.RecoverableError);
    }

    @Test
    void theOthersGoOnWhenOneSubtaskCloses() throws Exception {
        try (WeirProcess weir = WeirProcess.serve();
                SubtaskSession one = open(weir.endpoint(), SESSION, 0);
                SubtaskSession other = open(weir.endpoint(), SESSION, 0)) {
            one.close();
            one.close();

            assertThat(
                            other.predict(Record.of("I love it"))
                                    .get(20, TimeUnit.SECONDS)
                                    .values()
                                    .get(0)
                                    .content())
                    .isEqualTo("positive");
            assertThat(one.predict(Record.of("late"))).isCompletedExceptionally();
            assertThat(other.pending()).isZero();
        }
    }

    private static final SessionConfig SESSION = SessionConfig.builder().build();

    @Test
    void waitingForEverIsRefused() {
        SessionConfig endless = SessionConfig.builder().startTimeout(Duration.ZERO).build();

        assertThatThrownBy(() -> open("127.0.0.1:1", endless, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("start timeout");
    }

    private static SubtaskSession open(String endpoint, SessionConfig session, int attempt)
            throws InterruptedException {
        TaskInfo task = new TaskInfoImpl("task", 1, 0, 1, attempt);
        return SubtaskSession.open(
                ClientConfig.builder().endpoints(endpoint).build(),
                session,
                new UnregisteredMetricsGroup(),
                task);
    }
}
