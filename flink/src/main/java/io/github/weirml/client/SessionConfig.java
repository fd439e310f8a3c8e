package io.github.weirml.client;

import java.io.Serializable;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** What a session asks for. Immutable; made by {@link #builder()}. */
public final class SessionConfig implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String model;
    private final LinkedHashMap<String, String> options;
    private final int maxInFlight;
    private final Order order;
    private final Duration recordTimeout;
    private final Duration startTimeout;
    private final Duration heartbeat;
    private final int maxPending;
    private final String clientName;
    private final String clientVersion;

    private SessionConfig(Builder b) {
        this.model = b.model;
        this.options = new LinkedHashMap<>(b.options);
        this.maxInFlight = b.maxInFlight;
        this.order = b.order;
        this.recordTimeout = b.recordTimeout;
        this.startTimeout = b.startTimeout;
        this.heartbeat = b.heartbeat;
        this.maxPending = Math.max(b.maxPending, b.maxInFlight);
        this.clientName = b.clientName;
        this.clientVersion = b.clientVersion;
    }

    /** A builder with the defaults that its methods name. */
    public static Builder builder() {
        return new Builder();
    }

    /** See {@link Builder#model}. */
    public String model() {
        return model;
    }

    /** See {@link Builder#options}. */
    public Map<String, String> options() {
        return new LinkedHashMap<>(options);
    }

    /** See {@link Builder#maxInFlight}. */
    public int maxInFlight() {
        return maxInFlight;
    }

    /** See {@link Builder#order}. */
    public Order order() {
        return order;
    }

    /** See {@link Builder#recordTimeout}. */
    public Duration recordTimeout() {
        return recordTimeout;
    }

    /** See {@link Builder#startTimeout}. */
    public Duration startTimeout() {
        return startTimeout;
    }

    /** See {@link Builder#heartbeat}. */
    public Duration heartbeat() {
        return heartbeat;
    }

    /** See {@link Builder#maxPending}. */
    public int maxPending() {
        return maxPending;
    }

    /** See {@link Builder#client}. */
    public String clientName() {
        return clientName;
    }

    /** See {@link Builder#client}. */
    public String clientVersion() {
        return clientVersion;
    }

    /** Makes a {@link SessionConfig}. Not for several threads at once. */
    public static final class Builder {
        private String model = "";
        private final Map<String, String> options = new LinkedHashMap<>();
        private int maxInFlight;
        private Order order = Order.RECORD;
        private Duration recordTimeout = Duration.ofSeconds(150);
        private Duration startTimeout = Duration.ofSeconds(30);
        private Duration heartbeat = Duration.ofSeconds(20);
        private int maxPending = 10_000;
        private String clientName = "weir-java";
        private String clientVersion = Versions.CLIENT;

        private Builder() {}

        /** Name of the model on the server. Default empty: the server's only one. */
        public Builder model(String model) {
            this.model = Objects.requireNonNull(model, "model");
            return this;
        }

        /** Options over those of the model, such as {@code batch.size}; added to earlier ones. */
        public Builder options(Map<String, String> options) {
            options.forEach(this::option);
            return this;
        }

        /** One option. */
        public Builder option(String name, String value) {
            options.put(
                    Objects.requireNonNull(name, "option"), Objects.requireNonNull(value, name));
            return this;
        }

        /**
         * Most records unanswered at the server: the capacity of a Flink operator. The effective
         * batch size follows from it. Default 0: the server's window.
         */
        public Builder maxInFlight(int records) {
            Checks.that(records >= 0, "maxInFlight is " + records + "; it must not be negative");
            this.maxInFlight = records;
            return this;
        }

        /** Order of the results. Default {@link Order#RECORD}. */
        public Builder order(Order order) {
            this.order = Objects.requireNonNull(order, "order");
            return this;
        }

        /**
         * Longest time from {@link PredictSession#predict} to the result, reconnects included, for
         * records that have none of their own. Default 150 s. Inside Flink it must be shorter than
         * the operator's timeout.
         */
        public Builder recordTimeout(Duration timeout) {
            this.recordTimeout = Checks.positive(timeout, "recordTimeout");
            return this;
        }

        /**
         * Longest time until the first stream is open; then the session fails with {@link
         * WeirException.Kind#UNAVAILABLE}. Zero: it goes on trying, and records end with {@link
         * Reason#DEADLINE_EXCEEDED}. Default 30 s.
         */
        public Builder startTimeout(Duration timeout) {
            this.startTimeout = Checks.notNegative(timeout, "startTimeout");
            return this;
        }

        /**
         * How long a stream may be silent until the server sends a ping; after three times that the
         * client takes the stream for broken. At least 1 s, or zero for never. Default 20 s.
         */
        public Builder heartbeat(Duration heartbeat) {
            Checks.notNegative(heartbeat, "heartbeat");
            Checks.that(
                    heartbeat.isZero() || heartbeat.compareTo(Duration.ofSeconds(1)) >= 0,
                    "heartbeat is " + heartbeat + "; at least PT1S, or zero for none");
            this.heartbeat = heartbeat;
            return this;
        }

        /**
         * Most records that the session holds, at the server or waiting for its window; more are
         * refused with {@link WeirException.Kind#OVERLOADED}. Default 10,000, and never below
         * {@link #maxInFlight}.
         */
        public Builder maxPending(int records) {
            Checks.that(records > 0, "maxPending is " + records + "; it must be at least 1");
            this.maxPending = records;
            return this;
        }

        /** Who calls, for the server's log: at most 128 and 64 bytes. */
        public Builder client(String name, String version) {
            this.clientName = Objects.requireNonNull(name, "name");
            this.clientVersion = Objects.requireNonNull(version, "version");
            return this;
        }

        /** The configuration. */
        public SessionConfig build() {
            return new SessionConfig(this);
        }
    }
}
