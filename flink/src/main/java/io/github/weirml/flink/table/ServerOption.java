package io.github.weirml.flink.table;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/**
 * One of the server's options, as the table in this jar has it. The table is generated from the
 * server's own; nothing here knows an option by its name.
 */
final class ServerOption {
    private static final String RESOURCE = "/io/github/weirml/flink/options.json";
    private static final Map<String, ServerOption> TABLE = read();

    final String name;
    private final String type;
    private final BigDecimal min;
    private final BigDecimal max;
    private final List<String> choices = new ArrayList<>();
    private final List<String> planned = new ArrayList<>();
    private final String allowed;

    private ServerOption(JsonNode line) {
        this.name = line.path("name").asText();
        this.type = line.path("type").asText();
        this.min = line.path("min").decimalValue();
        this.max = line.path("max").decimalValue();
        this.allowed = line.path("allowed").asText();
        line.path("choices").forEach(choice -> choices.add(choice.asText()));
        line.path("planned").forEach(choice -> planned.add(choice.asText()));
    }

    /** All of them by name, in the server's order. */
    static Map<String, ServerOption> all() {
        return TABLE;
    }

    private static Map<String, ServerOption> read() {
        Map<String, ServerOption> table = new LinkedHashMap<>();
        try (InputStream in = ServerOption.class.getResourceAsStream(RESOURCE)) {
            for (JsonNode line : new ObjectMapper().readTree(in)) {
                ServerOption option = new ServerOption(line);
                table.put(option.name, option);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the jar's " + RESOURCE + " cannot be read", e);
        }
        return Collections.unmodifiableMap(table);
    }

    /** What is wrong with the value, as the server would say it; null: nothing. */
    String problem(String value) {
        if (value.isEmpty()) {
            return null; // Puts the option back to its default.
        }
        switch (type) {
            case "integer":
            case "milliseconds":
                return value.trim().matches("[+-]?[0-9]{1,18}") && isWithin(value)
                        ? null
                        : refused(value);
            case "number":
                return isWithin(value) ? null : refused(value);
            case "choice":
                return choices.contains(value.trim()) ? null : refused(value);
            default:
                return isShort(value) ? null : "must be " + allowed;
        }
    }

    private boolean isWithin(String value) {
        try {
            BigDecimal number = new BigDecimal(value.trim());
            return number.compareTo(min) >= 0 && number.compareTo(max) <= 0;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /**
     * Of text, the bound counts bytes; 0: none. A type that this jar does not know is the server's.
     */
    private boolean isShort(String value) {
        int bytes = value.getBytes(StandardCharsets.UTF_8).length;
        return max.signum() == 0 || max.compareTo(BigDecimal.valueOf(bytes)) >= 0;
    }

    private String refused(String value) {
        String shown = value.length() <= 40 ? value : value.substring(0, 40) + "…";
        String later = planned.contains(value.trim()) ? ", which is not there yet" : "";
        return "must be " + allowed + ", not \"" + shown + "\"" + later;
    }
}
