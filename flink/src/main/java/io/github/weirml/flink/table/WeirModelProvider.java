package io.github.weirml.flink.table;

import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.catalog.ResolvedCatalogModel;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.ml.AsyncPredictRuntimeProvider;
import org.apache.flink.table.ml.ModelProvider;

/** A model of the catalog while queries on it are planned. */
final class WeirModelProvider implements AsyncPredictRuntimeProvider {
    private final ResolvedCatalogModel model;
    private final ReadableConfig session;

    WeirModelProvider(ResolvedCatalogModel model, ReadableConfig session) {
        this.model = model;
        this.session = session;
    }

    @Override
    public AsyncPredictFunction createAsyncPredictFunction(Context context) {
        return QueryPlan.of(model, context.runtimeConfig(), session).function();
    }

    @Override
    public ModelProvider copy() {
        return new WeirModelProvider(model, session);
    }
}
