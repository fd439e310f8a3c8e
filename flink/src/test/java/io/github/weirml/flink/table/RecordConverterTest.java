package io.github.weirml.flink.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.weirml.client.Field;
import io.github.weirml.client.Record;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryArrayData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.variant.Variant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows to records. */
class RecordConverterTest {

    static Stream<Arguments> values() {
        return Stream.of(
                value(DataTypes.STRING(), text("a \"b\"\n"), Field.text("c", "a \"b\"\n")),
                value(DataTypes.CHAR(3), text("abc"), Field.text("c", "abc")),
                value(DataTypes.BOOLEAN(), true, Field.json("c", "true")),
                value(DataTypes.TINYINT(), (byte) -5, Field.json("c", "-5")),
                value(DataTypes.SMALLINT(), (short) 5, Field.json("c", "5")),
                value(DataTypes.INT(), 7, Field.json("c", "7")),
                value(
                        DataTypes.BIGINT(),
                        9_007_199_254_740_993L,
                        Field.json("c", "9007199254740993")),
                value(DataTypes.FLOAT(), 0.1f, Field.json("c", "0.1")),
                value(DataTypes.DOUBLE(), 2.5, Field.json("c", "2.5")),
                value(DataTypes.DOUBLE(), Double.NaN, Field.json("c", "\"NaN\"")),
                value(DataTypes.DECIMAL(38, 18), decimal(), Field.json("c", DECIMAL)),
                value(DataTypes.DATE(), day(), Field.text("c", "2026-02-28")),
                value(DataTypes.TIME(), 3_600_000, Field.text("c", "01:00:00")),
                value(
                        DataTypes.TIMESTAMP(6),
                        TimestampData.fromLocalDateTime(LocalDateTime.parse("2026-02-28T10:00")),
                        Field.text("c", "2026-02-28T10:00:00")),
                value(
                        DataTypes.TIMESTAMP_LTZ(3),
                        TimestampData.fromEpochMillis(1_500),
                        Field.text("c", "1970-01-01T00:00:01.500Z")),
                value(
                        DataTypes.ARRAY(DataTypes.STRING()),
                        new GenericArrayData(new Object[] {text("a"), null}),
                        Field.json("c", "[\"a\",null]")),
                value(
                        DataTypes.MAP(DataTypes.STRING(), DataTypes.DATE()),
                        new GenericMapData(Map.of(text("k"), day())),
                        Field.json("c", "{\"k\":\"2026-02-28\"}")),
                value(
                        DataTypes.ROW(
                                DataTypes.FIELD("n", DataTypes.INT()),
                                DataTypes.FIELD("d", DataTypes.DECIMAL(38, 18))),
                        GenericRowData.of(null, decimal()),
                        Field.json("c", "{\"n\":null,\"d\":" + DECIMAL + "}")),
                value(DataTypes.VARIANT(), Variant.newBuilder().of("x"), Field.json("c", "\"x\"")));
    }

    private static final String DECIMAL = "12345678901234567890.000000000000000001";

    private static DecimalData decimal() {
        return DecimalData.fromBigDecimal(new BigDecimal(DECIMAL), 38, 18);
    }

    private static int day() {
        return (int) LocalDate.parse("2026-02-28").toEpochDay();
    }

    private static StringData text(String text) {
        return StringData.fromString(text);
    }

    private static Arguments value(DataType type, Object value, Field expected) {
        return Arguments.of(type, value, expected);
    }

    /** Beside another column, and alone: then it is the record's text. */
    @ParameterizedTest
    @MethodSource("values")
    void everyTypeBecomesTextOrJson(DataType type, Object value, Field expected) {
        Record both = of("c", type, "n", DataTypes.INT()).convert(GenericRowData.of(value, 1));
        Record alone = RecordConverter.of(row("c", type)).convert(GenericRowData.of(value));

        assertThat(both.fields()).containsExactly(expected, Field.json("n", "1"));
        assertThat(both.text()).isEmpty();
        assertThat(alone.text()).isEqualTo(expected.content());
        assertThat(alone.fields()).isEmpty();
    }

    @Test
    void nullIsSentBesideAnotherColumnAndNeverAlone() {
        RecordConverter two = of("a", DataTypes.STRING(), "b", DataTypes.INT());

        assertThat(two.convert(GenericRowData.of(null, 1)).fields())
                .containsExactly(Field.ofNull("a"), Field.json("b", "1"));
        assertThat(two.convert(GenericRowData.of(null, null))).isNull();
        assertThat(
                        RecordConverter.of(row("a", DataTypes.STRING()))
                                .convert(GenericRowData.of((Object) null)))
                .isNull();
    }

    /** Flink takes such columns for the declared ones, and does not convert them. */
    @Test
    void narrowerTypesThanTheModelsAreTakenAsTheyAre() {
        assertThat(content(DataTypes.BIGINT(), 7)).isEqualTo("7");
        assertThat(content(DataTypes.DOUBLE(), 0.25f)).isEqualTo("0.25");
        assertThat(content(DataTypes.DOUBLE(), 3)).isEqualTo("3");
        assertThat(content(DataTypes.DECIMAL(10, 2), 3L)).isEqualTo("3");
        assertThat(content(DataTypes.TIMESTAMP(3), day())).isEqualTo("2026-02-28");
        assertThat(
                        content(
                                DataTypes.ARRAY(DataTypes.BIGINT()),
                                new GenericArrayData(new int[] {1, -2})))
                .isEqualTo("[1,-2]");
        BinaryArrayData ints = BinaryArrayData.fromPrimitiveArray(new int[] {1, -2});
        assertThat(content(DataTypes.ARRAY(DataTypes.INT()), ints)).isEqualTo("[1,-2]");
        assertThatThrownBy(() -> content(DataTypes.ARRAY(DataTypes.BIGINT()), ints))
                .hasMessageContainingAll("'c'", "not BIGINT", "CAST");
    }

    private static String content(DataType type, Object value) {
        return RecordConverter.of(row("c", type)).convert(GenericRowData.of(value)).text();
    }

    @Test
    void theOnlyColumnIsAFieldWhereTheTemplateNamesIt() {
        RowType review = row("review", DataTypes.STRING());
        GenericRowData row = GenericRowData.of(text("good"));

        for (String tag : new String[] {"{{review}}", "{{ review|json }}", "{{#review}}"}) {
            String template = "{{#records}}" + tag + "{{/records}}";
            assertThat(RecordConverter.of(review, template).convert(row).fields())
                    .as(tag)
                    .containsExactly(Field.text("review", "good"));
        }
        for (String template : new String[] {"", "Judge.", "{{#records}}{{text}}{{/records}}"}) {
            assertThat(RecordConverter.of(review, template).convert(row).text()).isEqualTo("good");
        }
    }

    @Test
    void whatNoPromptCanShowIsRefusedWithItsColumn() {
        assertThatThrownBy(() -> RecordConverter.of(row("photo", DataTypes.BYTES())))
                .isInstanceOf(ValidationException.class)
                .hasMessageContainingAll("'photo'", "BYTES", "CAST");
        assertThatThrownBy(
                        () -> RecordConverter.of(row("a", DataTypes.ARRAY(DataTypes.VARBINARY(3)))))
                .hasMessageContaining("'a'");
        assertThatThrownBy(
                        () ->
                                RecordConverter.of(
                                        row("m", DataTypes.MAP(DataTypes.INT(), DataTypes.INT()))))
                .hasMessageContainingAll("'m'", "keys");
    }

    @Test
    void whatNoRecordCanHoldIsRefused() {
        DataTypes.Field[] fields = new DataTypes.Field[65];
        for (int i = 0; i < fields.length; i++) {
            fields[i] = DataTypes.FIELD("f" + i, DataTypes.INT());
        }

        assertThatThrownBy(
                        () -> RecordConverter.of((RowType) DataTypes.ROW(fields).getLogicalType()))
                .hasMessageContainingAll("65", "64");
        assertThatThrownBy(() -> RecordConverter.of(row("é".repeat(65), DataTypes.STRING())))
                .hasMessageContaining("128");
    }

    private static RecordConverter of(String a, DataType first, String b, DataType second) {
        return RecordConverter.of(
                (RowType)
                        DataTypes.ROW(DataTypes.FIELD(a, first), DataTypes.FIELD(b, second))
                                .getLogicalType());
    }

    private static RowType row(String name, DataType type) {
        return (RowType) DataTypes.ROW(DataTypes.FIELD(name, type)).getLogicalType();
    }
}
