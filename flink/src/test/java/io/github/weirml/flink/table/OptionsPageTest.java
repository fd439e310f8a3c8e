package io.github.weirml.flink.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.docs.Blocks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.description.HtmlFormatter;
import org.apache.flink.util.TimeUtils;
import org.junit.jupiter.api.Test;

/** The options that docs/flink.md lists are those of the code, with their defaults and words. */
class OptionsPageTest {

    @Test
    void theTableIsThatOfTheCode() {
        List<List<String>> expected = new ArrayList<>();
        expected.add(List.of("option", "default", "what"));
        WeirSettings.ownOptions().forEach(option -> expected.add(row(option)));
        expected.add(List.of("option", "what"));

        List<List<String>> rows = Blocks.rowsBelow("docs/flink.md", "Options");

        assertThat(lines(rows)).as("paste what is expected").startsWith(lines(expected));
        assertThat(rows.subList(expected.size(), rows.size()))
                .extracting(row -> row.get(0))
                .containsExactlyElementsOf(
                        LookupCaching.OPTIONS.stream()
                                .map(option -> "`" + option.key() + "`")
                                .collect(Collectors.toList()));
    }

    private static String lines(List<List<String>> rows) {
        return rows.stream()
                .map(row -> "| " + String.join(" | ", row) + " |\n")
                .collect(Collectors.joining());
    }

    private static List<String> row(ConfigOption<?> option) {
        boolean ofQuery = !WeirOptions.CONNECTION.contains(option);
        return List.of(
                "`" + option.key() + "`" + (ofQuery ? " *" : ""),
                option.equals(WeirOptions.ENDPOINT) ? "required" : shown(option.defaultValue()),
                new HtmlFormatter().format(option.description()));
    }

    private static String shown(Object value) {
        if (value == null || value.equals("")) {
            return "–";
        }
        return value instanceof Duration
                ? TimeUtils.formatWithHighestUnit((Duration) value)
                : value.toString().toLowerCase(java.util.Locale.ROOT);
    }
}
