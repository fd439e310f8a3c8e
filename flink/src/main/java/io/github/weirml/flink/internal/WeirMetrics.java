package io.github.weirml.flink.internal;

import io.github.weirml.client.Reason;
import io.github.weirml.client.RecordError;
import io.github.weirml.client.Result;
import io.github.weirml.client.SessionInfo;
import io.github.weirml.client.SessionListener;
import io.github.weirml.client.Usage;
import io.github.weirml.client.WeirException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.flink.annotation.Internal;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.ThreadSafeSimpleCounter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A subtask's metrics, in the group {@code weir} of its operator, and its log lines: none for each
 * record, none with record text. {@code flink/README.md} lists the metrics; a test compares.
 */
@Internal
public final class WeirMetrics implements SessionListener {
    /** Name of the group. */
    public static final String GROUP = "weir";

    private static final Logger LOG = LoggerFactory.getLogger(WeirMetrics.class);

    private final MetricGroup group;
    private final String model;
    private final Counter recordsIn;
    private final Counter recordsOut;
    private final Counter recordsFailed;
    private final Counter recordsMisfit;
    private final Counter recordsDropped;
    private final Counter recordsSentAgain;
    private final Counter retries;
    private final Counter reconnects;
    private final Counter promptTokens;
    private final Counter completionTokens;
    private final Histogram sendWaitMillis;
    private final Histogram answerMillis;
    private final Occasionally recordErrors = new Occasionally(LOG, Duration.ofSeconds(30));
    private final Occasionally streamEnds = new Occasionally(LOG, Duration.ofSeconds(30));
    private final Set<String> told = new HashSet<>();

    WeirMetrics(MetricGroup operator, String model) {
        this.group = operator.addGroup(GROUP);
        this.model = model;
        this.recordsIn = counter("recordsIn");
        this.recordsOut = counter("recordsOut");
        this.recordsFailed = counter("recordsFailed");
        this.recordsMisfit = counter("recordsMisfit");
        this.recordsDropped = counter("recordsDropped");
        this.recordsSentAgain = counter("recordsSentAgain");
        this.retries = counter("retries");
        this.reconnects = counter("reconnects");
        this.promptTokens = counter("promptTokens");
        this.completionTokens = counter("completionTokens");
        this.sendWaitMillis = group.histogram("sendWaitMillis", new RecentValues());
        this.answerMillis = group.histogram("answerMillis", new RecentValues());
    }

    private Counter counter(String name) {
        return group.counter(name, new ThreadSafeSimpleCounter());
    }

    void inFlight(Gauge<Integer> records) {
        group.gauge("recordsInFlight", records);
    }

    void recordIn() {
        recordsIn.inc();
    }

    /** A record that was not sent to any model has this result. */
    public void recordNotSent(Result result) {
        recordsIn.inc();
        resultReceived(result, 0, 0);
    }

    /** A record has a value, but not of its column's type. */
    public void recordMisfit() {
        recordsMisfit.inc();
    }

    /** A row was left out of the output, because its record failed and the user wants that. */
    public void recordDropped() {
        recordsDropped.inc();
    }

    @Override
    public void streamStarted(SessionInfo info) {
        if (told.add("")) {
            LOG.info("weir session: {}", info);
        }
        for (String warning : info.warnings()) {
            if (told.size() < 64 && told.add(warning)) {
                LOG.warn("weir, model {}: {}", model, warning);
            }
        }
    }

    @Override
    public void streamEnded(String why, int unanswered, Duration wait) {
        reconnects.inc();
        streamEnds.warn(
                "weir stream ended, {} records are sent again, next try in {} ms: {}",
                unanswered,
                wait.toMillis(),
                why);
    }

    @Override
    public void recordsSent(int records, int again, long bytes) {
        recordsSentAgain.inc(again);
    }

    @Override
    public void resultReceived(Result result, long waitNanos, long answerNanos) {
        (result.isValue() ? recordsOut : recordsFailed).inc();
        retries.inc(Math.max(0, result.attempts() - 1));
        sendWaitMillis.update(TimeUnit.NANOSECONDS.toMillis(waitNanos));
        answerMillis.update(TimeUnit.NANOSECONDS.toMillis(answerNanos));
        Usage usage = result.usage();
        if (usage != null) {
            promptTokens.inc(usage.promptTokens());
            completionTokens.inc(usage.completionTokens());
        }
        if (!result.isValue()) {
            recordFailed(result.error());
        }
    }

    private void recordFailed(RecordError error) {
        Reason reason = error.reason();
        recordErrors.warn(
                "weir, model {}: a record failed: {}: {}", model, reason, error.message());
    }

    @Override
    public void sessionFailed(WeirException why, int unanswered) {
        recordsFailed.inc(unanswered);
        LOG.error("weir session over, {} records unanswered: {}", unanswered, why.getMessage());
    }
}
