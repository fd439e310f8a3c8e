package io.github.weirml.flink.table;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.ValidationException;

/**
 * Puts the options of a query over those of its model, and finds all that is wrong with them: Flink
 * itself passes any key and value.
 */
final class OptionLayers {
    private static final Set<String> CONNECTION = keys(WeirOptions.CONNECTION);

    private final Set<String> others;
    private final Set<String> ownKeys = keys(WeirSettings.ownOptions());
    private final Map<String, String> own = new TreeMap<>();
    private final Map<String, String> server = new TreeMap<>();
    private final List<String> problems = new ArrayList<>();

    OptionLayers(Set<String> others) {
        this.others = others;
    }

    private static Set<String> keys(Iterable<ConfigOption<?>> options) {
        Set<String> keys = new TreeSet<>();
        options.forEach(option -> keys.add(option.key()));
        return keys;
    }

    OptionLayers model(Map<String, String> options) {
        new TreeMap<>(options).forEach((key, value) -> add(key, value, options));
        return this;
    }

    OptionLayers query(Map<String, String> options) {
        Map<String, String> allowed = new TreeMap<>(options);
        for (String key : CONNECTION) {
            if (allowed.remove(key) != null) {
                problems.add(
                        "'"
                                + key
                                + "' cannot be set by a query: server and credentials are those of"
                                + " the model");
            }
        }
        return model(allowed);
    }

    private void add(String key, String value, Map<String, String> layer) {
        if (others.contains(key)) {
            return;
        }
        if (ownKeys.contains(key)) {
            own.put(key, value);
        } else if (key.startsWith(WeirOptions.PASS)) {
            pass(key, key.substring(WeirOptions.PASS.length()), layer);
        } else if (ServerOption.all().containsKey(key)) {
            set(ServerOption.all().get(key), value);
        } else {
            problems.add("'" + key + "' is not an option" + Nearest.hint(key, known()) + PASSING);
        }
    }

    private static final String PASSING =
            " (docs/options.md has the server's; 'option.<name>' passes one on that only a newer"
                    + " server knows)";

    private Set<String> known() {
        Set<String> known = new LinkedHashSet<>(ServerOption.all().keySet());
        known.addAll(ownKeys);
        known.addAll(others);
        return known;
    }

    private void set(ServerOption option, String value) {
        String problem = option.problem(value);
        if (problem != null) {
            problems.add("'" + option.name + "' " + problem);
        }
        server.put(option.name, value);
    }

    private void pass(String key, String name, Map<String, String> layer) {
        if (name.isEmpty()) {
            problems.add("'" + key + "' names no option: write 'option.<name>'");
        } else if (layer.containsKey(name)) {
            problems.add("'" + name + "' is set twice, also as '" + key + "': remove one");
        }
        server.put(name, layer.get(key));
    }

    /** The sum, or every problem at once. */
    WeirSettings settings() {
        if (own.getOrDefault(WeirOptions.ENDPOINT.key(), "").isBlank()) {
            problems.add("'endpoint' is missing: say where weir is, as host:port");
        }
        Configuration configuration = Configuration.fromMap(own);
        for (ConfigOption<?> option : WeirSettings.ownOptions()) {
            read(configuration, option);
        }
        if (!problems.isEmpty()) {
            throw new ValidationException("weir: " + String.join("\n", problems));
        }
        return WeirSettings.checked(configuration, server);
    }

    private void read(Configuration configuration, ConfigOption<?> option) {
        try {
            configuration.getOptional(option);
        } catch (IllegalArgumentException e) {
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            problems.add("'" + option.key() + "' cannot be read: " + root.getMessage());
        }
    }
}
