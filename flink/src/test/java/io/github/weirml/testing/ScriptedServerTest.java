package io.github.weirml.testing;

import org.junit.jupiter.api.Test;

class ScriptedServerTest {
    /** At once, on its own port: what the tests of crashes stand on. */
    @Test
    void itStartsAgainAfterEachCrash() {
        try (ScriptedServer server = new ScriptedServer(stream -> stream.open(1).echo())) {
            for (int crash = 0; crash < 200; crash++) {
                server.crash();
                server.start();
            }
        }
    }
}
