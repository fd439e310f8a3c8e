package io.github.weirml.flink.table;

import io.github.weirml.client.SessionConfig;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.catalog.ResolvedCatalogModel;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.types.logical.RowType;

/** Everything about one ML_PREDICT that is known while it is planned. */
final class QueryPlan {
    private final WeirSettings settings;
    private final FlinkLimits limits;
    private final RowType input;
    private final RowType output;

    private QueryPlan(WeirSettings settings, FlinkLimits limits, ResolvedCatalogModel model) {
        this.settings = settings;
        this.limits = limits;
        this.input = rowType(model.getResolvedInputSchema());
        this.output = rowType(model.getResolvedOutputSchema());
    }

    /**
     * Puts the query's options over the model's, and checks them.
     *
     * @throws org.apache.flink.table.api.ValidationException if the query cannot work
     */
    static QueryPlan of(ResolvedCatalogModel model, ReadableConfig query, ReadableConfig session) {
        Map<String, String> map = query.toMap();
        FlinkLimits limits = FlinkLimits.of(Configuration.fromMap(map), session);
        Set<String> others = new HashSet<>(WeirModelProviderFactory.FLINK_MODEL_KEYS);
        others.addAll(FlinkLimits.KEYS);
        WeirSettings settings = WeirSettings.of(model.getOptions(), map, others);
        return new QueryPlan(settings, limits, model);
    }

    private static RowType rowType(ResolvedSchema schema) {
        return (RowType) schema.toPhysicalRowDataType().getLogicalType();
    }

    WeirPredictFunction function() {
        RecordConverter.of(input);
        ResultConverter results = ResultConverter.of(output, settings);
        SessionConfig session =
                settings.session(limits.timeout)
                        .maxInFlight(limits.capacity)
                        .order(limits.order)
                        .build();
        Sizing.warn(settings, limits.capacity, FlinkLimits.CAPACITY);
        return new WeirPredictFunction(settings, session, input, results);
    }
}
