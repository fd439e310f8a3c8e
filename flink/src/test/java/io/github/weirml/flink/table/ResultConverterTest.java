package io.github.weirml.flink.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.weirml.client.Field;
import io.github.weirml.client.Reason;
import io.github.weirml.client.Result;
import io.github.weirml.client.Results;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.variant.Variant;
import org.apache.flink.util.FlinkRuntimeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Results to rows. */
class ResultConverterTest {
    private static final DataType TAGS = DataTypes.ARRAY(DataTypes.STRING());
    private static final DataType PAIR =
            DataTypes.ROW(
                    DataTypes.FIELD("label", DataTypes.STRING()),
                    DataTypes.FIELD("score", DataTypes.INT()));

    static Stream<Arguments> values() {
        return Stream.of(
                Arguments.of(DataTypes.STRING(), Results.text(" as it is\n"), text(" as it is\n")),
                Arguments.of(DataTypes.STRING(), Results.json("1.50"), text("1.50")),
                Arguments.of(DataTypes.STRING(), Results.json("[\"a\"]"), text("[\"a\"]")),
                Arguments.of(DataTypes.STRING(), Results.json("null"), null),
                Arguments.of(DataTypes.VARCHAR(2), Results.text("ab"), text("ab")),
                Arguments.of(DataTypes.CHAR(3), Results.text("ab"), text("ab ")),
                Arguments.of(DataTypes.BOOLEAN(), Results.json("false"), false),
                Arguments.of(DataTypes.BOOLEAN(), Results.text("True\n"), true),
                Arguments.of(DataTypes.TINYINT(), Results.json("-128"), (byte) -128),
                Arguments.of(DataTypes.SMALLINT(), Results.text("12"), (short) 12),
                Arguments.of(DataTypes.INT(), Results.json("5.0"), 5),
                Arguments.of(
                        DataTypes.BIGINT(),
                        Results.json("9007199254740993"),
                        9_007_199_254_740_993L),
                Arguments.of(DataTypes.FLOAT(), Results.json("0.1"), 0.1f),
                Arguments.of(DataTypes.DOUBLE(), Results.text(" 2.5e3 "), 2500.0),
                Arguments.of(DataTypes.DECIMAL(4, 2), Results.json("12.345"), decimal("12.35")),
                Arguments.of(DataTypes.DECIMAL(4, 2), Results.json("7"), decimal("7.00")),
                Arguments.of(DataTypes.DATE(), Results.text("2026-02-28"), day()),
                Arguments.of(DataTypes.TIME(), Results.text("01:00:00"), 3_600_000),
                Arguments.of(DataTypes.TIMESTAMP(3), Results.text("2026-02-28 10:00:00"), ten()),
                Arguments.of(DataTypes.TIMESTAMP(3), Results.text("2026-02-28T10:00"), ten()),
                Arguments.of(
                        DataTypes.TIMESTAMP_LTZ(3), Results.text("2026-02-28T11:00+01:00"), ten()),
                Arguments.of(DataTypes.TIMESTAMP(0), Results.text("2026-02-28T10:00:00.9"), ten()),
                Arguments.of(TAGS, Results.json("[\"a\",null]"), array(text("a"), null)),
                Arguments.of(TAGS, Results.text("[\"a\"]"), array(text("a"))),
                Arguments.of(
                        DataTypes.MAP(DataTypes.STRING(), DataTypes.INT()),
                        Results.json("{\"k\":1}"),
                        new GenericMapData(Map.of(text("k"), 1))),
                Arguments.of(
                        PAIR, Results.json("{\"score\":3,\"more\":0}"), GenericRowData.of(null, 3)),
                Arguments.of(
                        DataTypes.VARIANT(), Results.text("[1]"), Variant.newBuilder().of("[1]")));
    }

    @ParameterizedTest
    @MethodSource("values")
    void theOnlyColumnTakesTheValue(DataType type, Result result, Object expected) {
        assertThat(converter(Map.of(), "v", type).convert(result))
                .containsExactly(GenericRowData.of(expected));
    }

    static Stream<Arguments> misfits() {
        return Stream.of(
                Arguments.of(DataTypes.VARCHAR(2), Results.text("abc"), "a text of 3 characters"),
                Arguments.of(DataTypes.BOOLEAN(), Results.text("yes"), "a text of 3 characters"),
                Arguments.of(DataTypes.BOOLEAN(), Results.json("1"), "a whole number"),
                Arguments.of(DataTypes.TINYINT(), Results.json("128"), "a whole number"),
                Arguments.of(DataTypes.INT(), Results.json("5.5"), "a number with a fraction"),
                Arguments.of(DataTypes.INT(), Results.text("five"), "a text of 4 characters"),
                Arguments.of(DataTypes.INT(), Results.json("true"), "a boolean"),
                Arguments.of(DataTypes.BIGINT(), Results.json("1e999999999"), "a number"),
                Arguments.of(DataTypes.BIGINT(), Results.json("9223372036854775808"), "a whole"),
                Arguments.of(DataTypes.FLOAT(), Results.json("1e39"), "a number"),
                Arguments.of(DataTypes.DOUBLE(), Results.json("1e400"), "a number"),
                Arguments.of(DataTypes.DOUBLE(), Results.text("NaN"), "a text"),
                Arguments.of(DataTypes.DECIMAL(4, 2), Results.json("123"), "a whole number"),
                Arguments.of(DataTypes.DECIMAL(4, 2), Results.json("99.999"), "a number"),
                Arguments.of(DataTypes.DECIMAL(4, 2), Results.json("1e999999999"), "a number"),
                Arguments.of(DataTypes.DATE(), Results.text("28.2.2026"), "a text"),
                Arguments.of(DataTypes.DATE(), Results.text("2026-02-30"), "a text"),
                Arguments.of(
                        DataTypes.TIMESTAMP_LTZ(3), Results.text("2026-02-28T10:00"), "a text"),
                Arguments.of(TAGS, Results.json("{}"), "an object"),
                Arguments.of(TAGS, Results.text("none"), "a text of 4 characters"),
                Arguments.of(TAGS, Results.json("not json"), "JSON that cannot be read"),
                Arguments.of(
                        DataTypes.ARRAY(DataTypes.INT()),
                        Results.json("[1,\"x\"]"),
                        "element 2: expected INT, got a text of 1 characters"),
                Arguments.of(
                        DataTypes.ARRAY(DataTypes.INT().notNull()),
                        Results.json("[null]"),
                        "element 1: expected INT NOT NULL, got null"),
                Arguments.of(PAIR, Results.json("{\"score\":[]}"), "score: expected INT"),
                Arguments.of(PAIR, Results.json("[1,2]"), "an array of 2"));
    }

    @ParameterizedTest
    @MethodSource("misfits")
    void aValueThatDoesNotFitIsTheRecordsError(DataType type, Result result, String got) {
        ResultConverter converter =
                converter(Map.of("error.column", "e"), "v", type, "e", DataTypes.STRING());

        RowData row = converter.convert(result).iterator().next();

        assertThat(row.isNullAt(0)).isTrue();
        assertThat(row.getString(1).toString())
                .startsWith("INVALID_ANSWER: column v: ")
                .contains(got);
    }

    /** Text that nobody should see in a log is not in the message either. */
    @Test
    void theMessageDoesNotShowTheAnswer() {
        ResultConverter converter =
                converter(
                        Map.of("error.column", "e"), "v", DataTypes.INT(), "e", DataTypes.STRING());

        RowData row = converter.convert(Results.text("secret")).iterator().next();

        assertThat(row.getString(1).toString()).doesNotContain("secret");
    }

    @Test
    void severalColumnsAreMappedByName() {
        ResultConverter converter =
                converter(
                        Map.of("response.value.field", "score, sentiment"),
                        "sentiment",
                        DataTypes.STRING(),
                        "score",
                        DataTypes.INT());

        assertThat(
                        converter.convert(
                                Results.of(
                                        Field.json("score", "3"),
                                        Field.text("sentiment", "negative"))))
                .containsExactly(GenericRowData.of(text("negative"), 3));
        assertThatThrownBy(() -> converter.checkFields("value"))
                .hasMessageContainingAll("2 value columns", "= 'sentiment,score'");
    }

    @Test
    void oneOfSeveralValuesMayBeAllThatIsWanted() {
        ResultConverter converter =
                converter(Map.of("response.value.field", "a,b"), "b", DataTypes.INT());

        assertThat(converter.convert(Results.of(Field.json("a", "1"), Field.json("b", "2"))))
                .containsExactly(GenericRowData.of(2));
    }

    @Test
    void whatAResultSaysBesidesItsValue() {
        Map<String, String> options = new HashMap<>();
        for (Metadata one : Metadata.values()) {
            options.put(one.option().key(), one.name());
        }
        options.put("error.column", "e");
        ResultConverter converter =
                converter(
                        options,
                        "v",
                        DataTypes.STRING(),
                        "REASON",
                        DataTypes.STRING(),
                        "RETRIABLE",
                        DataTypes.BOOLEAN(),
                        "ATTEMPTS",
                        DataTypes.INT(),
                        "MATCH",
                        DataTypes.STRING(),
                        "PROMPT_TOKENS",
                        DataTypes.BIGINT(),
                        "COMPLETION_TOKENS",
                        DataTypes.INT(),
                        "WARNINGS",
                        DataTypes.STRING(),
                        "e",
                        DataTypes.STRING());

        assertThat(converter.convert(Results.text("x")))
                .containsExactly(
                        GenericRowData.of(
                                text("x"),
                                null,
                                null,
                                2,
                                text("INDEX"),
                                30L,
                                7,
                                text("careful"),
                                null));
        assertThat(converter.convert(Results.error(Reason.REFUSED, "no")))
                .containsExactly(
                        GenericRowData.of(
                                null,
                                text("REFUSED"),
                                true,
                                0,
                                null,
                                null,
                                null,
                                null,
                                text("REFUSED: no")));
        assertThat(converter.ofNull()).containsExactly(new GenericRowData(9));
    }

    @Test
    void errorsFailTheJobOrLeaveTheRowOut() {
        Result error = Results.error(Reason.MISSING_ANSWER, "said");

        assertThat(converter(Map.of(), "v", DataTypes.INT()).convert(error))
                .containsExactly(new GenericRowData(1));
        assertThat(converter(Map.of("error.handling", "drop"), "v", DataTypes.INT()).convert(error))
                .isEmpty();
        assertThatThrownBy(
                        () ->
                                converter(Map.of("error.handling", "fail"), "v", DataTypes.INT())
                                        .convert(error))
                .isInstanceOf(FlinkRuntimeException.class)
                .hasMessageContainingAll("MISSING_ANSWER: said", "error.handling");
    }

    @Test
    void columnsThatCannotBeAreRefused() {
        refused(Map.of(), "'photo' is BYTES", "photo", DataTypes.BYTES());
        refused(Map.of(), "NOT NULL", "v", DataTypes.INT().notNull());
        refused(Map.of("error.column", "v"), "no output column is left", "v", DataTypes.STRING());
        refused(
                Map.of("error.column", "eror"),
                "did you mean 'error'?",
                "v",
                DataTypes.INT(),
                "error",
                DataTypes.STRING());
        refused(
                Map.of("error.column", "e"),
                "must be STRING",
                "v",
                DataTypes.INT(),
                "e",
                DataTypes.INT());
        refused(
                Map.of("metadata.attempts", "n"),
                "must be BIGINT or INT",
                "v",
                DataTypes.INT(),
                "n",
                DataTypes.STRING());
        refused(
                Map.of("response.value.field", "sentiment,score"),
                "'sentimant' is none of the fields",
                "sentimant",
                DataTypes.STRING(),
                "score",
                DataTypes.INT());
        refused(
                Map.of("response.value.field", "a"),
                "2 value columns",
                "a",
                DataTypes.INT(),
                "b",
                DataTypes.INT());
    }

    private static void refused(Map<String, String> options, String why, Object... columns) {
        assertThatThrownBy(() -> converter(options, columns))
                .isInstanceOf(ValidationException.class)
                .hasMessageContaining(why);
    }

    private static ResultConverter converter(Map<String, String> options, Object... columns) {
        DataTypes.Field[] fields = new DataTypes.Field[columns.length / 2];
        for (int i = 0; i < fields.length; i++) {
            fields[i] = DataTypes.FIELD((String) columns[2 * i], (DataType) columns[2 * i + 1]);
        }
        Map<String, String> all = new HashMap<>(options);
        all.put("endpoint", "h:1");
        return ResultConverter.of(
                (RowType) DataTypes.ROW(fields).getLogicalType(), WeirSettings.of(all, Set.of()));
    }

    private static StringData text(String text) {
        return StringData.fromString(text);
    }

    private static DecimalData decimal(String digits) {
        return DecimalData.fromBigDecimal(new BigDecimal(digits), 4, 2);
    }

    private static int day() {
        return (int) LocalDate.parse("2026-02-28").toEpochDay();
    }

    private static TimestampData ten() {
        return TimestampData.fromLocalDateTime(LocalDateTime.parse("2026-02-28T10:00"));
    }

    private static GenericArrayData array(Object... elements) {
        return new GenericArrayData(elements);
    }
}
