package io.github.weirml.flink.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The README's table of options is that of the code. */
class ReadmeTest {

    @Test
    void everyOptionIsInTheReadmeAndNoOther() throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        int table = readme.indexOf("| option | default | what |");
        String rows = readme.substring(table, readme.indexOf("\n\n", table));

        assertThat(names(rows))
                .isEqualTo(
                        WeirSettings.ownOptions().stream()
                                .map(option -> option.key())
                                .collect(Collectors.toCollection(TreeSet::new)));
    }

    /** The first cell of each row but the last, which is the prefix for all others. */
    private static Set<String> names(String rows) {
        return rows.lines()
                .map(row -> row.split("\\|")[1])
                .flatMap(cell -> Pattern.compile("`([^`]+)`").matcher(cell).results())
                .map((MatchResult name) -> name.group(1))
                .filter(name -> !name.equals("option.NAME"))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
