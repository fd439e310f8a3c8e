package io.github.weirml.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages that docs/flink.md explains are those that the code has. */
class MessagesTest {
    private static final String PAGE = "docs/flink.md";
    private static final String SOURCES =
            sources(
                    "flink/src/main/java",
                    "inference",
                    "parsing",
                    "providers",
                    "server",
                    "options");

    /** All code, each text in one piece whatever number of lines it has. */
    private static String sources(String... folders) {
        return Stream.of(folders)
                .flatMap(MessagesTest::files)
                .map(MessagesTest::read)
                .collect(Collectors.joining("\n"))
                .replace("\\\"", "'")
                .replaceAll("\"\\s*\\+\\s*\"", "")
                .replace('"', '\'');
    }

    private static Stream<Path> files(String folder) {
        try (Stream<Path> all = Files.walk(Path.of("..", folder))) {
            return all
                    .filter(file -> file.toString().matches(".*(\\.java|(?<!_test)\\.go)"))
                    .collect(Collectors.toList())
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "While the query is planned",
                "When the job starts",
                "In a row's error column",
                "In the log"
            })
    void eachMessageIsOneOfTheCode(String heading) {
        List<List<String>> rows = Blocks.rowsBelow(PAGE, heading);

        assertThat(rows).hasSizeGreaterThan(2);
        rows.stream().skip(1).map(row -> row.get(0)).forEach(MessagesTest::isOfTheCode);
    }

    /** The parts between what differs, the error's reason apart. */
    private static void isOfTheCode(String message) {
        assertThat(message).startsWith("`").endsWith("`");
        String text = message.substring(1, message.length() - 1).replace('"', '\'');
        assertThat(text.split("…|(?<=^[A-Z_]{4,20}): ")).as(message).allMatch(SOURCES::contains);
    }

    @Test
    void eachJavaBlockIsOfAnExample() {
        String examples =
                files("flink/src/test/java/io/github/weirml/examples")
                        .map(MessagesTest::read)
                        .collect(Collectors.joining());
        List<Blocks.Block> blocks =
                Blocks.of(PAGE).stream()
                        .filter(block -> block.info.equals("java"))
                        .collect(Collectors.toList());

        assertThat(blocks)
                .hasSizeGreaterThan(1)
                .allSatisfy(block -> assertThat(plain(examples)).contains(plain(block.text)));
    }

    private static String plain(String code) {
        return Arrays.stream(code.split("\\s+")).collect(Collectors.joining());
    }
}
