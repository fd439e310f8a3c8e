package io.github.weirml.flink.internal;

import io.github.weirml.client.ClientConfig;
import io.github.weirml.client.PredictSession;
import io.github.weirml.client.Record;
import io.github.weirml.client.Result;
import io.github.weirml.client.SessionConfig;
import io.github.weirml.client.SessionInfo;
import io.github.weirml.client.WeirClient;
import io.github.weirml.client.WeirException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.util.TemporaryClassLoaderContext;

/**
 * The session of one subtask, with its metrics. Connections and threads belong to the task manager:
 * subtasks with equal configurations share them, and the last one to close ends them.
 *
 * <p>{@link #open} and {@link #close} wait, {@link #predict} never does. The futures complete on
 * the client's event loop.
 */
@Internal
public final class SubtaskSession implements AutoCloseable {
    private final WeirClient client;
    private final WeirMetrics metrics;
    private final PredictSession session;
    private final SessionInfo info;

    private SubtaskSession(
            WeirClient client, WeirMetrics metrics, PredictSession session, SessionInfo info) {
        this.client = client;
        this.metrics = metrics;
        this.session = session;
        this.info = info;
    }

    /** {@link #open(ClientConfig, SessionConfig, MetricGroup, TaskInfo)} for table functions. */
    public static SubtaskSession open(
            ClientConfig client, SessionConfig session, FunctionContext context)
            throws InterruptedException {
        return open(client, session, context.getMetricGroup(), context.getTaskInfo());
    }

    /** The same for functions of the DataStream API. */
    public static SubtaskSession open(
            ClientConfig client, SessionConfig session, RuntimeContext context)
            throws InterruptedException {
        return open(client, session, context.getMetricGroup(), context.getTaskInfo());
    }

    /**
     * Opens a session and waits until a server has accepted it, at most for {@link
     * SessionConfig#startTimeout()}, which must be more than zero.
     *
     * @param task the subtask; on its first attempt a refusal fails the job for good, later ones
     *     are left to the job's restart strategy
     * @throws SessionFailure if no server is there or it refuses; says what, where and what to do
     * @throws InterruptedException if the task was cancelled meanwhile
     */
    @SuppressWarnings("try") // the loader is set for as long as the block takes
    public static SubtaskSession open(
            ClientConfig client, SessionConfig session, MetricGroup metrics, TaskInfo task)
            throws InterruptedException {
        if (session.startTimeout().isZero()) {
            throw new IllegalArgumentException("the start timeout must be more than zero");
        }
        WeirClient shared = WeirClient.shared(client);
        try (TemporaryClassLoaderContext ignored = ownLoader()) {
            WeirMetrics told = new WeirMetrics(metrics, session.model());
            PredictSession opening = shared.open(session, told);
            told.inFlight(opening::pending);
            return new SubtaskSession(shared, told, opening, opening.started().get());
        } catch (ExecutionException e) {
            shared.close();
            throw SessionFailure.of(client, session, e.getCause(), task.getAttemptNumber() == 0);
        } catch (WeirException e) {
            shared.close();
            throw SessionFailure.of(client, session, e, task.getAttemptNumber() == 0);
        } catch (InterruptedException | RuntimeException e) {
            shared.close();
            throw e;
        }
    }

    /**
     * The threads of the client outlive the job where jobs share it: they must not know its loader.
     */
    private static TemporaryClassLoaderContext ownLoader() {
        return TemporaryClassLoaderContext.of(SubtaskSession.class.getClassLoader());
    }

    /** See {@link PredictSession#predict}. */
    public CompletableFuture<Result> predict(Record record) {
        metrics.recordIn();
        return session.predict(record);
    }

    /** What the server said when it accepted the session. */
    public SessionInfo info() {
        return info;
    }

    /** For what only the caller knows, such as records that it drops. */
    public WeirMetrics metrics() {
        return metrics;
    }

    /** Records without a result. */
    public int pending() {
        return session.pending();
    }

    /**
     * Ends the session, and connections and threads with it if nobody else in this task manager
     * shares them. Records without a result complete exceptionally. May be called again.
     */
    @Override
    public void close() {
        client.close();
    }
}
