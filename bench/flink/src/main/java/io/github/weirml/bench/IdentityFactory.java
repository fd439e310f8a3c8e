package io.github.weirml.bench;

import java.time.Duration;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.ml.AsyncPredictRuntimeProvider;
import org.apache.flink.table.ml.ModelProvider;

/**
 * {@code 'provider'='identity'}: the text itself is the answer. What Flink costs without a model.
 */
public final class IdentityFactory implements ModelProviderFactory {
    private static final ConfigOption<Duration> AFTER =
            ConfigOptions.key("after").durationType().defaultValue(Duration.ZERO);

    @Override
    public String factoryIdentifier() {
        return "identity";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of(AFTER);
    }

    @Override
    public ModelProvider createModelProvider(Context context) {
        FactoryUtil.ModelProviderFactoryHelper helper =
                FactoryUtil.createModelProviderFactoryHelper(this, context);
        helper.validate();
        return new Provider(helper.getOptions().get(AFTER));
    }

    private record Provider(Duration after) implements AsyncPredictRuntimeProvider {
        @Override
        public AsyncPredictFunction createAsyncPredictFunction(Context context) {
            return new Identity(after.toMillis());
        }

        @Override
        public ModelProvider copy() {
            return this;
        }
    }
}
