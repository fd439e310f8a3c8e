package io.github.weirml.flink.table;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.groups.CacheMetricGroup;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.source.LookupTableSource.LookupRuntimeProvider;
import org.apache.flink.table.connector.source.lookup.AsyncLookupFunctionProvider;
import org.apache.flink.table.connector.source.lookup.LookupOptions;
import org.apache.flink.table.connector.source.lookup.LookupOptions.LookupCacheType;
import org.apache.flink.table.connector.source.lookup.PartialCachingAsyncLookupProvider;
import org.apache.flink.table.connector.source.lookup.cache.DefaultLookupCache;
import org.apache.flink.table.connector.source.lookup.cache.LookupCache;
import org.apache.flink.table.data.RowData;

/** Flink's lookup cache for answers: with a bound, and never for errors. */
final class LookupCaching {
    /** Flink's options that hold here. */
    static final List<ConfigOption<?>> OPTIONS =
            List.of(
                    LookupOptions.CACHE_TYPE,
                    LookupOptions.PARTIAL_CACHE_EXPIRE_AFTER_ACCESS,
                    LookupOptions.PARTIAL_CACHE_EXPIRE_AFTER_WRITE,
                    LookupOptions.PARTIAL_CACHE_CACHE_MISSING_KEY,
                    LookupOptions.PARTIAL_CACHE_MAX_ROWS);

    /** Rows of a cache whose user gives no bound of any kind. */
    static final long DEFAULT_ROWS = 10_000;

    private final LookupCache cache;

    private LookupCaching(LookupCache cache) {
        this.cache = cache;
    }

    /**
     * Reads the options.
     *
     * @throws ValidationException if one is wrong
     */
    static LookupCaching of(Map<String, String> options, ErrorHandling errors) {
        Configuration config = Configuration.fromMap(options);
        try {
            LookupCacheType type = config.get(LookupOptions.CACHE_TYPE);
            if (type == LookupCacheType.FULL) {
                throw new ValidationException(
                        "weir: 'lookup.cache' is 'FULL', but there is no table to load: a model"
                                + " only answers. Set 'PARTIAL' or 'NONE'");
            }
            return type == LookupCacheType.PARTIAL
                    ? new LookupCaching(new Cache(bounded(config), errors != ErrorHandling.DROP))
                    : without(config);
        } catch (IllegalArgumentException e) {
            throw new ValidationException(
                    "weir: the lookup cache's options cannot be used: " + e.getMessage(), e);
        }
    }

    private static LookupCaching without(Configuration config) {
        for (ConfigOption<?> option : OPTIONS.subList(1, OPTIONS.size())) {
            if (config.contains(option)) {
                throw new ValidationException(
                        "weir: '"
                                + option.key()
                                + "' is set, but there is no cache: set 'lookup.cache' = 'PARTIAL',"
                                + " or remove it");
            }
        }
        return new LookupCaching(null);
    }

    private static DefaultLookupCache bounded(Configuration config) {
        boolean hasBound =
                config.contains(LookupOptions.PARTIAL_CACHE_MAX_ROWS)
                        || config.contains(LookupOptions.PARTIAL_CACHE_EXPIRE_AFTER_ACCESS)
                        || config.contains(LookupOptions.PARTIAL_CACHE_EXPIRE_AFTER_WRITE);
        if (!hasBound) {
            config.set(LookupOptions.PARTIAL_CACHE_MAX_ROWS, DEFAULT_ROWS);
        }
        return DefaultLookupCache.fromConfig(config);
    }

    LookupRuntimeProvider provider(WeirLookupFunction function) {
        return cache == null
                ? AsyncLookupFunctionProvider.of(function)
                : PartialCachingAsyncLookupProvider.of(function, cache);
    }

    /** Rows of a record without an answer: the next lookup asks again. */
    static final class Failed extends ArrayList<RowData> {
        private static final long serialVersionUID = 1L;

        Failed(Collection<RowData> rows) {
            super(rows);
        }
    }

    /** Leaves errors out. */
    @SuppressWarnings("try") // Flink's cache may throw anything when it is closed
    private static final class Cache implements LookupCache {
        private static final long serialVersionUID = 1L;

        private final DefaultLookupCache rows;
        private final boolean keepsEmpty;

        /**
         * @param keepsEmpty whether "no row" may be kept; not where it may be a dropped error:
         *     Flink replaces such a list by its own
         */
        Cache(DefaultLookupCache rows, boolean keepsEmpty) {
            this.rows = rows;
            this.keepsEmpty = keepsEmpty;
        }

        @Override
        public void open(CacheMetricGroup metrics) {
            rows.open(metrics);
        }

        @Override
        public Collection<RowData> getIfPresent(RowData key) {
            return rows.getIfPresent(key);
        }

        @Override
        public Collection<RowData> put(RowData key, Collection<RowData> value) {
            boolean keep = !(value instanceof Failed) && (keepsEmpty || !value.isEmpty());
            return keep ? rows.put(key, value) : null;
        }

        @Override
        public void invalidate(RowData key) {
            rows.invalidate(key);
        }

        @Override
        public long size() {
            return rows.size();
        }

        @Override
        public void close() throws Exception {
            rows.close();
        }
    }
}
