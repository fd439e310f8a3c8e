package io.github.weirml.flink.table;

import io.github.weirml.client.SessionConfig;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.LookupTableSource;
import org.apache.flink.table.types.logical.RowType;

/** A table of the catalog while joins with it are planned. */
final class WeirTableSource implements LookupTableSource {
    private final WeirSettings settings;
    private final LookupCaching caching;
    private final LookupLimits limits;
    private final RowType table;
    private final int[] primaryKey;

    WeirTableSource(
            WeirSettings settings,
            LookupCaching caching,
            LookupLimits limits,
            RowType table,
            int[] primaryKey) {
        this.settings = settings;
        this.caching = caching;
        this.limits = limits;
        this.table = table;
        this.primaryKey = primaryKey;
    }

    /**
     * Checks all that can be known without a server.
     *
     * @throws org.apache.flink.table.api.ValidationException if the join cannot work
     */
    @Override
    public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext context) {
        LookupColumns columns =
                LookupColumns.of(
                        table, primaryKey, LookupColumns.topLevel(context.getKeys()), settings);
        RecordConverter.of(columns.recordType());
        ResultConverter results = ResultConverter.of(columns.answerType(), settings);
        SessionConfig session =
                settings.session(limits.timeout)
                        .maxInFlight(limits.capacity)
                        .order(limits.order)
                        .build();
        Sizing.warn(settings, limits.capacity, LookupLimits.CAPACITY);
        return caching.provider(new WeirLookupFunction(settings, session, columns, results));
    }

    @Override
    public DynamicTableSource copy() {
        return new WeirTableSource(settings, caching, limits, table, primaryKey);
    }

    @Override
    public String asSummaryString() {
        return "weir";
    }
}
