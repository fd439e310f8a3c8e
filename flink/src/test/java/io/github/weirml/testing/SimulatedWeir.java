package io.github.weirml.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A weir in front of a simulated model: {@code weir serve} and {@code weir simulate}. */
public final class SimulatedWeir implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final WeirProcess model;
    private final WeirProcess weir;

    /**
     * Starts both.
     *
     * @param folder for the server's configuration
     * @param head lines before the models in that, such as a token; may be empty
     * @param simulator arguments of {@code weir simulate}
     */
    public SimulatedWeir(Path folder, String head, String... simulator) {
        model = WeirProcess.simulate(simulator);
        try {
            Path file =
                    Files.writeString(
                            Files.createTempFile(folder, "weir", ".yaml"),
                            head
                                    + "providers: {simulated: {kind: openai, base_url: \"http://"
                                    + model.endpoint()
                                    + "/v1\"}}\n"
                                    + "models:\n"
                                    + "  gpt-4: {provider: simulated, model: any,"
                                    + " overridable: all}\n");
            weir = WeirProcess.serve(file.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where weir is. Its only model is {@code gpt-4}. */
    public String endpoint() {
        return weir.endpoint();
    }

    /** Model calls since the start. */
    public long calls() throws Exception {
        return stat(model.endpoint(), "calls");
    }

    /** Where the model is, for {@link #callsInFlight}. */
    public String model() {
        return model.endpoint();
    }

    /** Model calls that a simulator is working on now. */
    public static long callsInFlight(String model) throws Exception {
        return stat(model, "in_flight");
    }

    private static long stat(String model, String name) throws Exception {
        HttpRequest stats =
                HttpRequest.newBuilder(URI.create("http://" + model + "/stats")).build();
        String body = HTTP.send(stats, HttpResponse.BodyHandlers.ofString()).body();
        Matcher value = Pattern.compile("\"" + name + "\": ?(\\d+)").matcher(body);
        if (!value.find()) {
            throw new AssertionError("no " + name + " in " + body);
        }
        return Long.parseLong(value.group(1));
    }

    /** The server process. */
    public WeirProcess weir() {
        return weir;
    }

    @Override
    public void close() {
        weir.close();
        model.close();
    }
}
