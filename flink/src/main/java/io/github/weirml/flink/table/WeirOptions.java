package io.github.weirml.flink.table;

import java.time.Duration;
import java.util.List;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

/**
 * The connector's own options. Beside them stand the server's, each under its own name ({@code
 * batch.size}, {@code batch.prompt.template}, …; {@code docs/options.md}), and {@code
 * option.<name>} for one that only a newer server knows.
 */
@PublicEvolving
public final class WeirOptions {

    /** Where the servers are. */
    public static final ConfigOption<String> ENDPOINT =
            ConfigOptions.key("endpoint")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "host:port of the server, or dns:///name:port for a name that stands for"
                                    + " several, or a list of them with commas between.");

    /** Name of the model on the server. */
    public static final ConfigOption<String> MODEL =
            ConfigOptions.key("model")
                    .stringType()
                    .defaultValue("")
                    .withDescription("Name of the model on the server. Empty: its only one.");

    /** Bearer token. */
    public static final ConfigOption<String> API_KEY =
            ConfigOptions.key("api-key")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "The server's token; or env:NAME or file:PATH, which is read on the task"
                                    + " managers and does not show in SHOW CREATE MODEL.");

    /** The token without TLS. */
    public static final ConfigOption<Boolean> API_KEY_INSECURE =
            ConfigOptions.key("api-key.insecure")
                    .booleanType()
                    .defaultValue(false)
                    .withDescription("Send the token to another machine without TLS.");

    /** TLS. */
    public static final ConfigOption<Boolean> TLS_ENABLED =
            ConfigOptions.key("tls.enabled")
                    .booleanType()
                    .noDefaultValue()
                    .withDescription("Speak TLS. Default: if another tls option is set.");

    /** What is trusted. */
    public static final ConfigOption<String> TLS_CA =
            ConfigOptions.key("tls.ca")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "PEM file, on the task managers, of the certificates to trust."
                                    + " Default: those that Java trusts.");

    /** The connector's own certificate. */
    public static final ConfigOption<String> TLS_CERTIFICATE =
            ConfigOptions.key("tls.certificate")
                    .stringType()
                    .noDefaultValue()
                    .withDescription("PEM file, on the task managers, of a client certificate.");

    /** The key of that certificate. */
    public static final ConfigOption<String> TLS_KEY =
            ConfigOptions.key("tls.key")
                    .stringType()
                    .noDefaultValue()
                    .withDescription("PEM file of the certificate's key, in PKCS#8, no password.");

    /** The name in the server's certificate. */
    public static final ConfigOption<String> TLS_SERVER_NAME =
            ConfigOptions.key("tls.server.name")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "Name that the server's certificate must have. Default: the endpoint's.");

    /** One try to connect. */
    public static final ConfigOption<Duration> CONNECT_TIMEOUT =
            ConfigOptions.key("connect.timeout")
                    .durationType()
                    .defaultValue(Duration.ofSeconds(10))
                    .withDescription(
                            "Longest time of one try to connect. At its start a job tries for three"
                                    + " times as long, and then fails.");

    /** One record. */
    public static final ConfigOption<Duration> RECORD_TIMEOUT =
            ConfigOptions.key("record.timeout")
                    .durationType()
                    .noDefaultValue()
                    .withDescription(
                            "Longest time of a record, reconnects included; then it ends with"
                                    + " DEADLINE_EXCEEDED. Default, and at most: a sixth less than"
                                    + " Flink's own timeout, which fails the job; never more than"
                                    + " 30 s less.");

    /** Rows without an answer. */
    public static final ConfigOption<ErrorHandling> ERROR_HANDLING =
            ConfigOptions.key("error.handling")
                    .enumType(ErrorHandling.class)
                    .defaultValue(ErrorHandling.NULL)
                    .withDescription(
                            "What becomes of a row whose record has no answer: null (its values are"
                                    + " NULL), fail (the job fails), drop (the row is left out and"
                                    + " counted).");

    /** The column for errors. */
    public static final ConfigOption<String> ERROR_COLUMN =
            ConfigOptions.key("error.column")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "Name of the STRING column that says why a row has no values, as"
                                    + " REASON: message. NULL where it has them.");

    /** The server's options that the connector looks at itself. */
    static final String BATCH_SIZE = "batch.size";

    static final String BATCH_SCOPE = "batch.scope";
    static final String TEMPLATE = "batch.prompt.template";
    static final String VALUE_FIELD = "response.value.field";

    /** Passes the option behind it on, unchecked. */
    static final String PASS = "option.";

    /** Where the server is and as whom to call it: never by a query. */
    static final List<ConfigOption<?>> CONNECTION =
            List.of(
                    ENDPOINT,
                    MODEL,
                    API_KEY,
                    API_KEY_INSECURE,
                    TLS_ENABLED,
                    TLS_CA,
                    TLS_CERTIFICATE,
                    TLS_KEY,
                    TLS_SERVER_NAME,
                    CONNECT_TIMEOUT);

    /** What a query may say too. */
    static final List<ConfigOption<?>> RECORDS =
            List.of(RECORD_TIMEOUT, ERROR_HANDLING, ERROR_COLUMN);

    private WeirOptions() {}
}
