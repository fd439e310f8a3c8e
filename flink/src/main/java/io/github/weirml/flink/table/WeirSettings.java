package io.github.weirml.flink.table;

import io.github.weirml.client.ClientConfig;
import io.github.weirml.client.SessionConfig;
import io.github.weirml.client.SessionInfo;
import io.github.weirml.client.WeirException;
import io.github.weirml.flink.internal.RecordTime;
import java.io.Serializable;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.ValidationException;

/**
 * What the options of a model, or of a table, mean: checked as far as that is possible without a
 * server. Immutable.
 */
@Internal
public final class WeirSettings implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final String CLIENT = "flink-model-weir";

    private final Configuration own;
    private final LinkedHashMap<String, String> serverOptions;

    WeirSettings(Configuration own, Map<String, String> serverOptions) {
        this.own = own;
        this.serverOptions = new LinkedHashMap<>(serverOptions);
    }

    /**
     * Reads options.
     *
     * @param options all of them
     * @param others keys that mean something to somebody else, and are left alone
     * @throws ValidationException if one is unknown, missing or wrong; names each problem
     */
    public static WeirSettings of(Map<String, String> options, Set<String> others) {
        return new OptionLayers(others).model(options).settings();
    }

    /** The same, with a query's options over those of its model. */
    static WeirSettings of(
            Map<String, String> model, Map<String, String> query, Set<String> others) {
        return new OptionLayers(others).model(model).query(query).settings();
    }

    /** The connector's own options; all but the endpoint are optional. */
    public static Set<ConfigOption<?>> ownOptions() {
        Set<ConfigOption<?>> all = new LinkedHashSet<>(WeirOptions.CONNECTION);
        all.addAll(WeirOptions.RECORDS);
        for (Metadata one : Metadata.values()) {
            all.add(one.option());
        }
        return all;
    }

    /**
     * Where the servers are. Reads the token where it is only referred to, so this is for the task
     * managers.
     */
    public ClientConfig client() {
        return Connection.config(own, Connection.token(own.get(WeirOptions.API_KEY)));
    }

    /**
     * What a session asks for.
     *
     * @param flinkTimeout after which Flink fails the job; records end before
     * @throws ValidationException if records were to take longer than that
     */
    public SessionConfig.Builder session(Duration flinkTimeout) {
        return SessionConfig.builder()
                .model(own.get(WeirOptions.MODEL))
                .options(serverOptions)
                .client(CLIENT, SessionConfig.builder().build().clientVersion())
                .startTimeout(own.get(WeirOptions.CONNECT_TIMEOUT).multipliedBy(3))
                .recordTimeout(recordTimeout(flinkTimeout));
    }

    private Duration recordTimeout(Duration flinkTimeout) {
        Duration most = most(flinkTimeout);
        Duration wanted = own.getOptional(WeirOptions.RECORD_TIMEOUT).orElse(most);
        if (wanted.toMillis() <= 0) {
            throw new ValidationException("weir: 'record.timeout' must be more than zero");
        }
        if (wanted.compareTo(most) > 0) {
            throw new ValidationException(
                    String.format(
                            "weir: 'record.timeout' is %d ms, but Flink fails the job after %d ms"
                                    + " ('timeout'): set it to %d ms at most, or raise 'timeout'",
                            wanted.toMillis(), flinkTimeout.toMillis(), most.toMillis()));
        }
        return wanted;
    }

    private static Duration most(Duration flinkTimeout) {
        try {
            return RecordTime.within(flinkTimeout);
        } catch (IllegalArgumentException e) {
            throw new ValidationException("weir: " + e.getMessage(), e);
        }
    }

    /** Name of the model on the server; empty: its only one. */
    public String model() {
        return own.get(WeirOptions.MODEL);
    }

    /** A server option as the user has set it; null: not set. */
    public String serverOption(String name) {
        return serverOptions.get(name);
    }

    /** A server option as it holds: by the server's word, and where it says nothing, the user's. */
    String effective(String name, SessionInfo session) {
        return session.options().getOrDefault(name, serverOptions.getOrDefault(name, ""));
    }

    /** What becomes of rows without an answer. */
    public ErrorHandling errorHandling() {
        return own.get(WeirOptions.ERROR_HANDLING);
    }

    /** Name of the column for errors; null: none. */
    public String errorColumn() {
        return own.get(WeirOptions.ERROR_COLUMN);
    }

    /** Which columns show what else. */
    public Map<Metadata, String> metadata() {
        Map<Metadata, String> columns = new EnumMap<>(Metadata.class);
        for (Metadata one : Metadata.values()) {
            own.getOptional(one.option()).ifPresent(column -> columns.put(one, column));
        }
        return columns;
    }

    /** Where Flink's own options stop the checks: a client that can be built. */
    static WeirSettings checked(Configuration own, Map<String, String> serverOptions) {
        try {
            Connection.config(own, own.get(WeirOptions.API_KEY));
            return new WeirSettings(own, serverOptions);
        } catch (WeirException e) {
            throw new ValidationException("weir: " + e.getMessage(), e);
        }
    }
}
