package io.github.weirml.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a Markdown page shows of code, and the tables below it. */
public final class Blocks {
    private static final Path ROOT = Path.of("..");
    private static final Pattern BLOCK =
            Pattern.compile(
                    "(?ms)^ *```(?<info>[^\\n]+)\\n(?<text>.*?)^ *```\\n(\\n(?<table>(\\|[^\\n]*\\n)+))?");

    private Blocks() {}

    /** A fenced block. */
    public static final class Block {
        /** What stands behind the fence: {@code sql}, or {@code sql refused}. */
        final String info;

        final String text;

        /**
         * Rows of the table right below it, without its line of dashes; the first has the names.
         */
        final List<List<String>> table;

        Block(String info, String text, String table) {
            this.info = info;
            this.text = text;
            this.table = table == null ? List.of() : cells(table);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** A page of the repository. */
    public static String page(String name) {
        try {
            return Files.readString(ROOT.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The blocks of a page, in their order. */
    public static List<Block> of(String page) {
        List<Block> blocks = new ArrayList<>();
        Matcher found = BLOCK.matcher(page(page));
        while (found.find()) {
            blocks.add(
                    new Block(
                            found.group("info").trim(), found.group("text"), found.group("table")));
        }
        return blocks;
    }

    /** The tables' rows below a heading, up to the next one of any level. */
    public static List<List<String>> rowsBelow(String page, String heading) {
        Matcher found =
                Pattern.compile("(?ms)^#+ " + Pattern.quote(heading) + "$(.*?)(?=^#+ |\\z)")
                        .matcher(page(page));
        if (!found.find()) {
            throw new AssertionError(page + " has no heading " + heading);
        }
        return cells(found.group(1));
    }

    private static List<List<String>> cells(String table) {
        return table.lines()
                .filter(line -> line.startsWith("|") && !line.startsWith("|-"))
                .map(line -> line.substring(1, line.lastIndexOf('|')))
                .map(
                        line ->
                                Arrays.stream(line.split("\\|", -1))
                                        .map(String::trim)
                                        .collect(Collectors.toList()))
                .collect(Collectors.toList());
    }

    /** The statements of a block: each ends with a semicolon at the end of its line. */
    public static List<String> statements(String sql) {
        return Arrays.stream(sql.split(";[ \\t]*(?=\\n|$)"))
                .map(String::trim)
                .filter(statement -> !statement.isEmpty())
                .collect(Collectors.toList());
    }
}
