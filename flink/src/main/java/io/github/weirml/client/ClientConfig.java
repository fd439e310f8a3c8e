package io.github.weirml.client;

import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * Which servers to call, and as whom. Immutable; made by {@link #builder()}. Two that are equal
 * share their connections where {@link WeirClient#shared} is used.
 */
public final class ClientConfig implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Where a server listens if nobody says otherwise. */
    public static final String DEFAULT_ENDPOINT = "127.0.0.1:9347";

    private final ArrayList<String> endpoints;
    private final TlsConfig tls;
    private final String token;
    private final boolean insecureToken;
    private final Duration connectTimeout;
    private final int ioThreads;

    private ClientConfig(Builder b) {
        this.endpoints = new ArrayList<>(b.endpoints);
        this.tls = b.tls;
        this.token = b.token;
        this.insecureToken = b.insecureToken;
        this.connectTimeout = b.connectTimeout;
        this.ioThreads = b.ioThreads;
    }

    /** A builder with the defaults that its methods name. */
    public static Builder builder() {
        return new Builder();
    }

    /** See {@link Builder#endpoints(String)}. */
    public List<String> endpoints() {
        return Collections.unmodifiableList(endpoints);
    }

    /** See {@link Builder#tls}; null: no TLS. */
    public TlsConfig tls() {
        return tls;
    }

    /** See {@link Builder#token}; null: none. */
    public String token() {
        return token;
    }

    /** See {@link Builder#connectTimeout}. */
    public Duration connectTimeout() {
        return connectTimeout;
    }

    /** See {@link Builder#ioThreads}. */
    public int ioThreads() {
        return ioThreads;
    }

    @Override
    public boolean equals(Object o) {
        if (!(o instanceof ClientConfig)) {
            return false;
        }
        ClientConfig other = (ClientConfig) o;
        return endpoints.equals(other.endpoints)
                && Objects.equals(tls, other.tls)
                && Objects.equals(token, other.token)
                && insecureToken == other.insecureToken
                && connectTimeout.equals(other.connectTimeout)
                && ioThreads == other.ioThreads;
    }

    @Override
    public int hashCode() {
        return Objects.hash(endpoints, tls, token, insecureToken, connectTimeout, ioThreads);
    }

    /** The endpoints; never the token. */
    @Override
    public String toString() {
        return String.join(",", endpoints) + (tls == null ? "" : " with TLS");
    }

    /** Makes a {@link ClientConfig}. Not for several threads at once. */
    public static final class Builder {
        private List<String> endpoints = Collections.singletonList(DEFAULT_ENDPOINT);
        private TlsConfig tls;
        private String token;
        private boolean insecureToken;
        private Duration connectTimeout = Duration.ofSeconds(10);
        private int ioThreads = 1;

        private Builder() {}

        /**
         * Where the servers are: {@code host:port}, or {@code dns:///name:port} for a name that
         * stands for several, or a list of them with commas between. Sessions spread over them and
         * go to the next one where one fails. Default {@value ClientConfig#DEFAULT_ENDPOINT}.
         */
        public Builder endpoints(String list) {
            return endpoints(Arrays.asList(list.split(",")));
        }

        /** The same, as a list. */
        public Builder endpoints(List<String> endpoints) {
            List<String> clean = new ArrayList<>();
            for (String endpoint : endpoints) {
                clean.add(Endpoint.checked(endpoint.trim()));
            }
            Checks.that(!clean.isEmpty(), "there is no endpoint; name one as host:port");
            this.endpoints = clean;
            return this;
        }

        /** How to check the servers' certificates. Default null: no TLS. */
        public Builder tls(TlsConfig tls) {
            this.tls = tls;
            return this;
        }

        /** Bearer token that every call carries. Default null: none. */
        public Builder token(String token) {
            this.token = token == null || token.isEmpty() ? null : token;
            return this;
        }

        /** Allows to send the token without TLS to another machine. Default false. */
        public Builder allowInsecureToken(boolean allow) {
            this.insecureToken = allow;
            return this;
        }

        /**
         * Longest time for one try: to connect, and then to get the answer to the start of a
         * stream. Default 10 s.
         */
        public Builder connectTimeout(Duration timeout) {
            this.connectTimeout = Checks.positive(timeout, "connectTimeout");
            return this;
        }

        /** Threads that move bytes and complete futures. Default 1, which is enough for most. */
        public Builder ioThreads(int threads) {
            Checks.that(
                    threads >= 1 && threads <= 64, "ioThreads is " + threads + "; from 1 to 64");
            this.ioThreads = threads;
            return this;
        }

        /** The configuration. */
        public ClientConfig build() {
            boolean safe =
                    token == null
                            || tls != null
                            || insecureToken
                            || endpoints.stream().allMatch(Endpoint::isLoopback);
            Checks.that(
                    safe,
                    "a token would travel to another machine without TLS; turn TLS on, or allow it"
                            + " with allowInsecureToken");
            return new ClientConfig(this);
        }
    }
}
