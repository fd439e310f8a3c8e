package io.github.weirml.flink.table;

import io.github.weirml.client.Order;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.api.config.ExecutionConfigOptions;
import org.apache.flink.table.api.config.ExecutionConfigOptions.AsyncOutputMode;
import org.apache.flink.table.api.config.MLPredictRuntimeConfigOptions;

/** What Flink's own options ask of an ML_PREDICT: the query's over the session's. */
final class FlinkLimits {
    /** Flink's keys in a query. */
    static final Set<String> KEYS =
            Set.of(
                            MLPredictRuntimeConfigOptions.ASYNC,
                            MLPredictRuntimeConfigOptions.ASYNC_OUTPUT_MODE,
                            MLPredictRuntimeConfigOptions.ASYNC_MAX_CONCURRENT_OPERATIONS,
                            MLPredictRuntimeConfigOptions.ASYNC_TIMEOUT)
                    .stream()
                    .map(ConfigOption::key)
                    .collect(Collectors.toSet());

    /** Name of the option for {@link #capacity}. */
    static final String CAPACITY =
            MLPredictRuntimeConfigOptions.ASYNC_MAX_CONCURRENT_OPERATIONS.key();

    /** Rows that a subtask has in flight at most. */
    final int capacity;

    /** After that Flink fails the job. */
    final Duration timeout;

    /** Order of the results. */
    final Order order;

    private FlinkLimits(int capacity, Duration timeout, Order order) {
        this.capacity = capacity;
        this.timeout = timeout;
        this.order = order;
    }

    static FlinkLimits of(Configuration query, ReadableConfig session) {
        int capacity =
                value(
                        query,
                        MLPredictRuntimeConfigOptions.ASYNC_MAX_CONCURRENT_OPERATIONS,
                        session,
                        ExecutionConfigOptions
                                .TABLE_EXEC_ASYNC_ML_PREDICT_MAX_CONCURRENT_OPERATIONS);
        Duration timeout =
                value(
                        query,
                        MLPredictRuntimeConfigOptions.ASYNC_TIMEOUT,
                        session,
                        ExecutionConfigOptions.TABLE_EXEC_ASYNC_ML_PREDICT_TIMEOUT);
        AsyncOutputMode mode =
                value(
                        query,
                        MLPredictRuntimeConfigOptions.ASYNC_OUTPUT_MODE,
                        session,
                        ExecutionConfigOptions.TABLE_EXEC_ASYNC_ML_PREDICT_OUTPUT_MODE);
        require(capacity >= 1, CAPACITY, capacity);
        require(timeout.toMillis() >= 1, "timeout", timeout.toMillis() + " ms");
        Order order = mode == AsyncOutputMode.ORDERED ? Order.RECORD : Order.UNORDERED;
        return new FlinkLimits(capacity, timeout, order);
    }

    private static void require(boolean holds, String key, Object value) {
        if (!holds) {
            throw new ValidationException(
                    "weir: '" + key + "' is " + value + "; it must be more than 0");
        }
    }

    private static <T> T value(
            Configuration query,
            ConfigOption<T> ofQuery,
            ReadableConfig session,
            ConfigOption<T> ofSession) {
        try {
            return query.getOptional(ofQuery).orElseGet(() -> session.get(ofSession));
        } catch (IllegalArgumentException e) {
            throw new ValidationException(
                    "weir: '" + ofQuery.key() + "' cannot be read: " + e.getMessage(), e);
        }
    }
}
