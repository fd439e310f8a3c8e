package io.github.weirml.flink.table;

import io.github.weirml.client.Order;
import java.time.Duration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.config.ExecutionConfigOptions;
import org.apache.flink.table.api.config.ExecutionConfigOptions.AsyncOutputMode;

/**
 * What the session's options ask of asynchronous lookup joins. A query's {@code LOOKUP} hint goes
 * over them, but Flink does not tell a connector of it.
 */
final class LookupLimits {
    /** Name of the option for {@link #capacity}. */
    static final String CAPACITY =
            ExecutionConfigOptions.TABLE_EXEC_ASYNC_LOOKUP_BUFFER_CAPACITY.key();

    /** Rows that a subtask has in flight at most. */
    final int capacity;

    /** After that Flink fails the job. */
    final Duration timeout;

    /** Order of the results. */
    final Order order;

    private LookupLimits(int capacity, Duration timeout, Order order) {
        this.capacity = capacity;
        this.timeout = timeout;
        this.order = order;
    }

    static LookupLimits of(ReadableConfig session) {
        AsyncOutputMode mode =
                session.get(ExecutionConfigOptions.TABLE_EXEC_ASYNC_LOOKUP_OUTPUT_MODE);
        return new LookupLimits(
                session.get(ExecutionConfigOptions.TABLE_EXEC_ASYNC_LOOKUP_BUFFER_CAPACITY),
                session.get(ExecutionConfigOptions.TABLE_EXEC_ASYNC_LOOKUP_TIMEOUT),
                mode == AsyncOutputMode.ORDERED ? Order.RECORD : Order.UNORDERED);
    }
}
