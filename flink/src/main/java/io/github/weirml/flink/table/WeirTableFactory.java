package io.github.weirml.flink.table;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.logical.RowType;

/**
 * Makes tables of {@code CREATE TABLE … WITH ('connector' = 'weir', …)}, for lookup joins only:
 * columns of the join condition are what the model sees, the others are its answer. Flink finds it
 * by that name. Nothing is dialled here.
 */
@PublicEvolving
public final class WeirTableFactory implements DynamicTableSourceFactory {
    /** The value of {@code connector}. */
    public static final String IDENTIFIER = "weir";

    private static final Set<String> FLINK_TABLE_KEYS =
            Stream.concat(
                            Stream.of(FactoryUtil.CONNECTOR, FactoryUtil.PROPERTY_VERSION),
                            LookupCaching.OPTIONS.stream())
                    .map(ConfigOption::key)
                    .collect(Collectors.toSet());

    /** For Flink's service loader. */
    public WeirTableFactory() {}

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
        options.addAll(LookupCaching.OPTIONS);
        return options;
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        Map<String, String> options = context.getCatalogTable().getOptions();
        WeirSettings settings = WeirSettings.of(options, FLINK_TABLE_KEYS);
        LookupCaching caching = LookupCaching.of(options, settings.errorHandling());
        RowType table = (RowType) context.getPhysicalRowDataType().getLogicalType();
        int[] primaryKey = context.getPrimaryKeyIndexes();
        return new WeirTableSource(
                settings,
                caching,
                LookupLimits.of(context.getConfiguration()),
                table,
                Arrays.copyOf(primaryKey, primaryKey.length));
    }
}
