package io.github.weirml.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Configurations of weir whose model {@code sentiment} is a simulator's. */
public final class Simulators {
    private Simulators() {}

    /** Writes one into this folder; for {@link WeirProcess#serve}. */
    public static String config(Path folder, WeirProcess simulator) {
        try {
            return Files.writeString(folder.resolve("weir.yaml"), yaml(simulator)).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String yaml(WeirProcess simulator) {
        return "providers: {simulator: {kind: openai, base_url: \"http://"
                + simulator.endpoint()
                + "/v1\"}}\n"
                + "models:\n"
                + "  sentiment:\n"
                + "    provider: simulator\n"
                + "    model: any\n"
                + "    options: {system.prompt: \"Name the sentiment of each text.\"}\n";
    }
}
