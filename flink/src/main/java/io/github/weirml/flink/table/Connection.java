package io.github.weirml.flink.table;

import io.github.weirml.client.ClientConfig;
import io.github.weirml.client.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.util.FlinkRuntimeException;

/** Where the servers are, and as whom to call them. */
final class Connection {
    private static final String ENVIRONMENT = "env:";
    private static final String FILE = "file:";

    private Connection() {}

    static ClientConfig config(Configuration own, String token) {
        return ClientConfig.builder()
                .endpoints(own.get(WeirOptions.ENDPOINT))
                .tls(tls(own))
                .token(token)
                .allowInsecureToken(own.get(WeirOptions.API_KEY_INSECURE))
                .connectTimeout(own.get(WeirOptions.CONNECT_TIMEOUT))
                .build();
    }

    private static TlsConfig tls(Configuration own) {
        boolean mentioned = own.keySet().stream().anyMatch(key -> key.startsWith("tls."));
        boolean enabled = own.getOptional(WeirOptions.TLS_ENABLED).orElse(mentioned);
        if (!enabled) {
            if (own.keySet().stream().filter(key -> key.startsWith("tls.")).count() > 1) {
                throw new ValidationException(
                        "weir: 'tls.enabled' is false, but other 'tls.' options are set: remove"
                                + " them, or turn TLS on");
            }
            return null;
        }
        String ca = own.get(WeirOptions.TLS_CA);
        TlsConfig tls = ca == null ? TlsConfig.systemTrust() : TlsConfig.trusting(ca);
        return named(certified(tls, own), own.get(WeirOptions.TLS_SERVER_NAME));
    }

    private static TlsConfig certified(TlsConfig tls, Configuration own) {
        String certificate = own.get(WeirOptions.TLS_CERTIFICATE);
        String key = own.get(WeirOptions.TLS_KEY);
        if ((certificate == null) != (key == null)) {
            throw new ValidationException(
                    "weir: 'tls.certificate' and 'tls.key' belong together: set both or neither");
        }
        return key == null ? tls : tls.withCertificate(certificate, key);
    }

    private static TlsConfig named(TlsConfig tls, String name) {
        return name == null ? tls : tls.withServerName(name);
    }

    /** The token itself, where the option only says where it is. */
    static String token(String option) {
        if (option == null) {
            return null;
        }
        if (option.startsWith(ENVIRONMENT)) {
            return variable(option.substring(ENVIRONMENT.length()));
        }
        return option.startsWith(FILE) ? file(option.substring(FILE.length())) : option;
    }

    private static String variable(String name) {
        String value = System.getenv(name);
        if (value == null || value.isEmpty()) {
            throw new FlinkRuntimeException(
                    "'api-key' is env:" + name + ", which is not set on this task manager");
        }
        return value;
    }

    private static String file(String path) {
        try {
            return Files.readString(Path.of(path)).trim();
        } catch (IOException e) {
            throw new FlinkRuntimeException(
                    "'api-key' is file:" + path + ", which cannot be read on this task manager", e);
        }
    }
}
