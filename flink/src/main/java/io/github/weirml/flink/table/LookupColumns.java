package io.github.weirml.flink.table;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/**
 * Which columns of a lookup table are the record, and which the answer.
 *
 * <p>The record is the primary key, or without one the columns that the join condition names. What
 * the condition asks of other columns, such as {@code AND s.label = 'positive'}, is compared with
 * the answer.
 */
final class LookupColumns implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Equal values of these are equal objects in Flink's internal form. */
    private static final Set<LogicalTypeRoot> COMPARABLE =
            Set.of(
                    LogicalTypeRoot.CHAR,
                    LogicalTypeRoot.VARCHAR,
                    LogicalTypeRoot.BOOLEAN,
                    LogicalTypeRoot.TINYINT,
                    LogicalTypeRoot.SMALLINT,
                    LogicalTypeRoot.INTEGER,
                    LogicalTypeRoot.BIGINT,
                    LogicalTypeRoot.DECIMAL,
                    LogicalTypeRoot.DATE,
                    LogicalTypeRoot.TIME_WITHOUT_TIME_ZONE,
                    LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE,
                    LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE);

    private final RowType table;
    private final ArrayList<Column> record = new ArrayList<>();
    private final ArrayList<Column> conditions = new ArrayList<>();
    private final ArrayList<Column> answer = new ArrayList<>();

    private LookupColumns(RowType table, int[] keys, Set<Integer> ofRecord) {
        this.table = table;
        for (int i = 0; i < table.getFieldCount(); i++) {
            int inKey = indexOf(keys, i);
            if (ofRecord.contains(i)) {
                record.add(new Column(table.getTypeAt(i), inKey, i));
                continue;
            }
            if (inKey >= 0) {
                conditions.add(condition(i, inKey, answer.size()));
            }
            answer.add(new Column(table.getTypeAt(i), answer.size(), i));
        }
    }

    /**
     * The columns of one join.
     *
     * @param primaryKey positions in the table; empty: none is declared
     * @param keys positions of the columns of the join condition, in the order of the key rows
     * @throws ValidationException if there is no record to make of them
     */
    static LookupColumns of(RowType table, int[] primaryKey, int[] keys, WeirSettings settings) {
        Set<Integer> ofRecord =
                primaryKey.length == 0
                        ? namedByCondition(table, keys, settings)
                        : declared(table, primaryKey, keys);
        if (ofRecord.isEmpty()) {
            throw new ValidationException(
                    "weir: the join condition has no column that the model can see: compare the"
                            + " columns to ask about, such as ON t.text = s.text");
        }
        return new LookupColumns(table, keys, ofRecord);
    }

    /** The keys as plain positions; refuses those within rows. */
    static int[] topLevel(int[][] keys) {
        for (int[] key : keys) {
            if (key.length != 1) {
                throw new ValidationException(
                        "weir: the join condition compares a field within a row; compare whole"
                                + " columns");
            }
        }
        return Arrays.stream(keys).mapToInt(key -> key[0]).toArray();
    }

    private static Set<Integer> declared(RowType table, int[] primaryKey, int[] keys) {
        Set<Integer> columns = new HashSet<>();
        for (int column : primaryKey) {
            if (indexOf(keys, column) < 0) {
                throw new ValidationException(
                        String.format(
                                "weir: '%s' is in the primary key, so the model sees it, but the"
                                        + " join condition does not compare it: add … AND t.x = s.%s",
                                name(table, column), name(table, column)));
            }
            columns.add(column);
        }
        return columns;
    }

    /** But for columns that are known to be the answer's: those are compared with it. */
    private static Set<Integer> namedByCondition(RowType table, int[] keys, WeirSettings settings) {
        Set<String> ofAnswer = new HashSet<>(settings.metadata().values());
        ofAnswer.add(settings.errorColumn());
        String fields = settings.serverOption(WeirOptions.VALUE_FIELD);
        if (fields != null && fields.contains(",")) {
            Arrays.stream(fields.split(",")).map(String::trim).forEach(ofAnswer::add);
        }
        Set<Integer> columns = new HashSet<>();
        for (int key : keys) {
            if (!ofAnswer.contains(name(table, key))) {
                columns.add(key);
            }
        }
        if (valuesLeft(table, columns, ofAnswer) == 0) {
            throw new ValidationException(
                    "weir: the join condition compares every column, so none is left for the"
                            + " answer. If one of them is the answer, say which columns the model"
                            + " sees: PRIMARY KEY ("
                            + name(table, keys[0])
                            + ") NOT ENFORCED");
        }
        return columns;
    }

    private static long valuesLeft(RowType table, Set<Integer> record, Set<String> others) {
        return table.getFieldNames().stream()
                .filter(name -> !record.contains(table.getFieldIndex(name)))
                .filter(name -> !others.contains(name))
                .count();
    }

    private Column condition(int column, int inKey, int inAnswer) {
        LogicalType type = table.getTypeAt(column);
        if (!COMPARABLE.contains(type.getTypeRoot())) {
            throw new ValidationException(
                    String.format(
                            "weir: the join condition compares '%s', a column of the answer, and"
                                    + " that is %s, which cannot be compared: put it into WHERE as"
                                    + " an expression",
                            name(table, column), type.asSummaryString()));
        }
        return new Column(type, inKey, inAnswer);
    }

    private static int indexOf(int[] keys, int column) {
        return Arrays.stream(keys).boxed().collect(Collectors.toList()).indexOf(column);
    }

    private static String name(RowType table, int column) {
        return table.getFieldNames().get(column);
    }

    /** What the model sees, in the table's order. */
    RowType recordType() {
        return typeOf(record);
    }

    /** What it answers, with columns for errors and more, in the table's order. */
    RowType answerType() {
        return typeOf(answer);
    }

    private RowType typeOf(List<Column> columns) {
        return new RowType(
                columns.stream()
                        .map(column -> table.getFields().get(column.to))
                        .collect(Collectors.toList()));
    }

    /** The record's columns of a key row; null if one is NULL: then nothing is equal to it. */
    RowData record(RowData key) {
        GenericRowData row = new GenericRowData(record.size());
        for (int i = 0; i < record.size(); i++) {
            row.setField(i, record.get(i).read(key));
            if (row.getField(i) == null) {
                return null;
            }
        }
        return row;
    }

    /** The table's rows of a key row and its answers: those that the join condition wants. */
    List<RowData> rows(RowData key, Collection<RowData> answers) {
        return answers.stream()
                .filter(found -> isWanted(key, found))
                .map(found -> row(key, found))
                .collect(Collectors.toList());
    }

    private boolean isWanted(RowData key, RowData found) {
        for (Column condition : conditions) {
            Object wanted = condition.read(key);
            if (wanted == null
                    || !Objects.equals(wanted, ((GenericRowData) found).getField(condition.to))) {
                return false;
            }
        }
        return true;
    }

    private RowData row(RowData key, RowData found) {
        GenericRowData row = new GenericRowData(table.getFieldCount());
        record.forEach(column -> row.setField(column.to, column.read(key)));
        answer.forEach(column -> row.setField(column.to, column.read(found)));
        return row;
    }

    /** Where a value is, and where it goes. */
    private static final class Column implements Serializable {
        private static final long serialVersionUID = 1L;

        final int to;
        private final RowData.FieldGetter from;

        Column(LogicalType type, int from, int to) {
            this.from = RowData.createFieldGetter(type, from);
            this.to = to;
        }

        Object read(RowData row) {
            return from.getFieldOrNull(row);
        }
    }
}
