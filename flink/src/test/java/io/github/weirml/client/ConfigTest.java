package io.github.weirml.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings: what is refused, what is kept secret, what travels to the task managers. */
class ConfigTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost:1",
                "weir_1.internal:9347",
                "10.0.0.1:65535",
                "[::1]:9347",
                "dns:///weir.svc:9347",
                " a:1 , b:2 "
            })
    void endpoints(String list) {
        assertThat(ClientConfig.builder().endpoints(list).build().endpoints())
                .allMatch(endpoint -> endpoint.equals(endpoint.trim()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "host",
                "host:",
                ":1",
                "host:0",
                "host:65536",
                "host:http",
                "http://host:1",
                "dns://8.8.8.8/host:1",
                "dns:///host",
                "user@host:1",
                "host:1/path",
                "a:1,,b:2",
                "::1:9347"
            })
    void whatIsNoEndpointIsRefused(String list) {
        assertThatThrownBy(() -> ClientConfig.builder().endpoints(list))
                .isInstanceOf(WeirException.class)
                .hasMessageContaining("host:port");
    }

    @Test
    void aTokenNeedsTlsOrLoopbackOrAWord() {
        ClientConfig.Builder config =
                ClientConfig.builder().endpoints("127.0.0.1:1,elsewhere:1").token("secret");

        assertThatThrownBy(config::build)
                .hasMessageContaining("without TLS")
                .hasMessageNotContaining("secret");
        assertThat(config.allowInsecureToken(true).build().token()).isEqualTo("secret");
        assertThat(config.allowInsecureToken(false).tls(TlsConfig.systemTrust()).build())
                .isNotNull();
        assertThat(ClientConfig.builder().token("secret").build()).isNotNull();
    }

    @Test
    void theTokenIsNeverPrinted() {
        assertThat(ClientConfig.builder().token("secret").build().toString())
                .doesNotContain("secret")
                .contains(ClientConfig.DEFAULT_ENDPOINT);
    }

    @Test
    void recordsAndResultsPrintNoText() {
        assertThat(Record.of("private").toString()).doesNotContain("private");
        assertThat(Field.text("name", "private").toString()).doesNotContain("private");
    }

    @Test
    void configurationsTravel() throws Exception {
        ClientConfig client =
                ClientConfig.builder()
                        .endpoints("a:1,b:2")
                        .token("t")
                        .tls(TlsConfig.trusting("x").withCertificate("c", "k").withServerName("n"))
                        .build();
        SessionConfig session =
                SessionConfig.builder()
                        .model("m")
                        .option("a", "b")
                        .recordTimeout(Duration.ofSeconds(7))
                        .build();

        assertThat(travelled(client)).isEqualTo(client).hasSameHashCodeAs(client);
        assertThat(travelled(session).options()).isEqualTo(session.options());
        assertThat(travelled(session).recordTimeout()).isEqualTo(Duration.ofSeconds(7));
    }

    @SuppressWarnings("unchecked")
    private static <T> T travelled(T object) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        try (ObjectInputStream in =
                new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (T) in.readObject();
        }
    }

    @Test
    void settingsThatCannotBeMeantAreRefused() {
        SessionConfig.Builder session = SessionConfig.builder();

        assertThatThrownBy(() -> session.maxInFlight(-1)).hasMessageContaining("maxInFlight");
        assertThatThrownBy(() -> session.recordTimeout(Duration.ZERO))
                .hasMessageContaining("recordTimeout");
        assertThatThrownBy(() -> session.heartbeat(Duration.ofMillis(999)))
                .hasMessageContaining("heartbeat");
        assertThatThrownBy(() -> session.maxPending(0)).hasMessageContaining("maxPending");
        assertThatThrownBy(() -> Record.of("x").withTimeout(Duration.ofSeconds(-1)))
                .hasMessageContaining("timeout");
        assertThat(session.maxInFlight(20_000).build().maxPending()).isEqualTo(20_000);
    }

    @Test
    void certificatesThatCannotBeReadAreNamed() {
        ClientConfig config = ClientConfig.builder().tls(TlsConfig.trusting("/no/file")).build();
        try (WeirClient client = WeirClient.create(config)) {
            assertThatThrownBy(() -> client.open(SessionConfig.builder().build()))
                    .isInstanceOf(WeirException.class)
                    .hasMessageContaining("TLS");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "ä", "€", "😀", "mixed ä€😀 text"})
    void bytesAreThoseOfUtf8(String text) {
        assertThat(Wire.bytes(Record.of(text)))
                .isEqualTo(text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length);
    }

    @Test
    void waitsDoubleUpToABoundOnceEveryEndpointHasFailed() {
        Reconnects reconnects = new Reconnects(3, 7);
        assertThat(reconnects.endpoint()).isEqualTo(1);
        assertThat(reconnects.failed(0)).isZero();
        assertThat(reconnects.endpoint()).isEqualTo(2);
        assertThat(reconnects.failed(0)).isZero();
        assertThat(reconnects.allFailed()).isFalse();
        long bound = 100_000_000;
        for (int i = 0; i < 50; i++) {
            assertThat(reconnects.failed(0)).isBetween(bound / 2, bound);
            bound = Math.min(2 * bound, 5_000_000_000L);
        }
        assertThat(reconnects.allFailed()).isTrue();
        assertThat(reconnects.failed(60_000_000_000L)).isBetween(60_000_000_000L, 90_000_000_000L);
        reconnects.succeeded();
        assertThat(reconnects.failed(0)).isZero();
    }
}
