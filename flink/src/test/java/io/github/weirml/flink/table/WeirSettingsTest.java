package io.github.weirml.flink.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.weirml.client.ClientConfig;
import io.github.weirml.client.SessionConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.table.api.ValidationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Options: what they mean, and what is refused before anything is dialled. */
class WeirSettingsTest {
    private static final Duration TIMEOUT = Duration.ofMinutes(3);

    @Test
    void serverOptionsGoToTheServerUnderTheirOwnNames() {
        SessionConfig config =
                settings(
                                Map.of(
                                        "model", "m",
                                        "batch.size", "20",
                                        "system.prompt", "",
                                        "option.batch.colour", "red"))
                        .session(TIMEOUT)
                        .build();

        assertThat(config.model()).isEqualTo("m");
        assertThat(config.options())
                .isEqualTo(
                        Map.of(
                                "batch.size", "20",
                                "system.prompt", "",
                                "batch.colour", "red"));
        assertThat(config.clientName()).isEqualTo("flink-model-weir");
        assertThat(config.clientVersion()).isNotEmpty();
    }

    /** One source: whatever the table in the jar has, the connector takes. */
    @Test
    void everyOptionOfTheTableIsTaken() {
        assertThat(ServerOption.all()).containsKeys("batch.size", "response.value.field");
        for (ServerOption option : ServerOption.all().values()) {
            assertThat(settings(Map.of(option.name, "")).serverOption(option.name)).isEmpty();
        }
    }

    @Test
    void theQuerysOptionsAreOverThoseOfTheModel() {
        Map<String, String> model =
                Map.of("endpoint", "h:1", "batch.size", "20", "option.max.retries", "1");

        WeirSettings settings =
                WeirSettings.of(
                        model,
                        Map.of("batch.size", "50", "max.retries", "2", "error.column", "e"),
                        Set.of());

        assertThat(settings.serverOption("batch.size")).isEqualTo("50");
        assertThat(settings.serverOption("max.retries")).isEqualTo("2");
        assertThat(settings.errorColumn()).isEqualTo("e");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "batch.sice            | 5     | 'batch.sice' is not an option; did you mean 'batch.size'?",
                "batch_size            | 5     | did you mean 'batch.size'?",
                "Batch.Size            | 5     | did you mean 'batch.size'?",
                "api_key               | k     | did you mean 'api-key'?",
                "error.colum           | e     | did you mean 'error.column'?",
                "xyzzy                 | 1     | option.<name>",
                "option.               | 1     | names no option",
                "batch.size            | 0     | 'batch.size' must be a whole number from 1 to 1000 (records), not \"0\"",
                "batch.size            | many  | must be a whole number",
                "batch.size            | 2.0   | must be a whole number",
                "batch.timeout.ms      | 1s    | from 0 to 600000 (ms)",
                "temperature           | 3     | must be a number from 0 to 2",
                "temperature           | NaN   | must be a number",
                "batch.scope           | world | must be stream or model",
                "connect.timeout       | soon  | 'connect.timeout' cannot be read",
                "connect.timeout       | 0 s   | connectTimeout",
                "record.timeout        | 0 s   | 'record.timeout'",
                "error.handling        | ask   | 'error.handling' cannot be read",
                "tls.certificate       | c.pem | belong together",
                "api-key               | k     | without TLS",
                "endpoint              | h     | not host:port"
            })
    void aWrongOptionIsRefusedByName(String key, String value, String why) {
        assertThatThrownBy(() -> settings(Map.of(key, value)).session(TIMEOUT))
                .isInstanceOf(ValidationException.class)
                .hasMessageContaining(why);
    }

    @Test
    void allProblemsAreNamedAtOnce() {
        assertThatThrownBy(
                        () ->
                                WeirSettings.of(
                                        Map.of("batch.sice", "1", "max.retries", "-1"), Set.of()))
                .hasMessageContainingAll("batch.sice", "max.retries", "'endpoint' is missing");
    }

    @Test
    void longTextIsRefusedByItsBytes() {
        assertThatThrownBy(() -> settings(Map.of("response.index.field", "é".repeat(65))))
                .hasMessageContaining("at most 128 bytes");
        assertThat(settings(Map.of("response.index.field", "é".repeat(64)))).isNotNull();
    }

    @Test
    void anOptionIsNotSetTwice() {
        assertThatThrownBy(() -> settings(Map.of("batch.size", "2", "option.batch.size", "3")))
                .hasMessageContaining("'batch.size' is set twice");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "endpoint",
                "model",
                "api-key",
                "api-key.insecure",
                "tls.enabled",
                "tls.ca",
                "connect.timeout"
            })
    void aQueryCannotSayWhereTheServerIs(String key) {
        assertThatThrownBy(
                        () ->
                                WeirSettings.of(
                                        Map.of("endpoint", "h:1"), Map.of(key, "x"), Set.of()))
                .hasMessageContaining("'" + key + "' cannot be set by a query");
    }

    @Test
    void recordsEndBeforeFlinkFailsTheJob() {
        assertThat(settings(Map.of()).session(TIMEOUT).build().recordTimeout())
                .isEqualTo(Duration.ofSeconds(150));
        assertThat(
                        settings(Map.of("record.timeout", "20 s"))
                                .session(TIMEOUT)
                                .build()
                                .recordTimeout())
                .isEqualTo(Duration.ofSeconds(20));
        assertThatThrownBy(() -> settings(Map.of("record.timeout", "151 s")).session(TIMEOUT))
                .hasMessageContainingAll("151000 ms", "180000 ms", "150000 ms at most");
    }

    @Test
    void secretsHaveNamesThatFlinkMasks() {
        assertThat(GlobalConfiguration.isSensitive(WeirOptions.API_KEY.key())).isTrue();
    }

    @Test
    void theTokenMayBeElsewhere(@TempDir Path folder) throws Exception {
        Path token = Files.writeString(folder.resolve("token"), "t0ken\n");

        assertThat(tls("api-key", "file:" + token).token()).isEqualTo("t0ken");
        assertThat(tls("api-key", "env:PATH").token()).isEqualTo(System.getenv("PATH"));
        assertThat(tls("api-key", "plain").token()).isEqualTo("plain");
        assertThatThrownBy(() -> tls("api-key", "env:WEIR_NO_SUCH"))
                .hasMessageContainingAll("WEIR_NO_SUCH", "not set");
        assertThatThrownBy(() -> tls("api-key", "file:/no/such")).hasMessageContaining("/no/such");
    }

    @Test
    void anyTlsOptionTurnsTlsOn() {
        assertThat(settings(Map.of()).client().tls()).isNull();
        assertThat(tls("tls.ca", "ca.pem").tls().trustedCertificates()).isEqualTo("ca.pem");
        assertThat(tls("tls.server.name", "weir").tls().serverName()).isEqualTo("weir");
        assertThatThrownBy(() -> settings(Map.of("tls.enabled", "false", "tls.ca", "ca.pem")))
                .hasMessageContaining("'tls.enabled' is false");
    }

    private static ClientConfig tls(String key, String value) {
        return settings(Map.of("tls.enabled", "true", key, value)).client();
    }

    /** Flink shows descriptions to users. */
    @Test
    void everyOptionIsDescribed() {
        for (ConfigOption<?> option : WeirSettings.ownOptions()) {
            assertThat(option.description()).as(option.key()).isNotNull();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "20,120,",
        "20,20,",
        "1,10,",
        "20,10,to 20",
        "20,34,to 20 or 40",
        "20,130,to 120 or 140"
    })
    void batchesThatCannotFillAreWarnedOf(int size, int capacity, String advice) {
        if (advice == null) {
            assertThat(Sizing.warning(size, capacity, "capacity")).isNull();
        } else {
            assertThat(Sizing.warning(size, capacity, "capacity")).contains(advice, "'capacity'");
        }
    }

    private static WeirSettings settings(Map<String, String> options) {
        Map<String, String> all = new HashMap<>();
        all.put("endpoint", "weir.example:9347");
        all.putAll(options);
        return WeirSettings.of(all, Set.of());
    }
}
