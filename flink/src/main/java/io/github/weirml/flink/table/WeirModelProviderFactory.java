package io.github.weirml.flink.table;

import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.catalog.ResolvedCatalogModel;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.ml.ModelProvider;

/**
 * Makes models of {@code CREATE MODEL … WITH ('provider' = 'weir', …)}. Flink finds it by that
 * name. Everything that can be known without a server is checked here; nothing is dialled.
 */
@PublicEvolving
public final class WeirModelProviderFactory implements ModelProviderFactory {
    /** The value of {@code provider}. */
    public static final String IDENTIFIER = "weir";

    static final Set<String> FLINK_MODEL_KEYS =
            Set.of(FactoryUtil.PROVIDER.key(), FactoryUtil.PROPERTY_VERSION.key());

    /** For Flink's service loader. */
    public WeirModelProviderFactory() {}

    @Override
    public String factoryIdentifier() {
        return IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of(WeirOptions.ENDPOINT);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        Set<ConfigOption<?>> options = new LinkedHashSet<>(WeirSettings.ownOptions());
        options.remove(WeirOptions.ENDPOINT);
        return options;
    }

    @Override
    public ModelProvider createModelProvider(Context context) {
        ResolvedCatalogModel model = context.getCatalogModel();
        return new WeirModelProvider(model, context.getConfiguration());
    }
}
