package io.github.weirml.flink.table;

import java.util.Arrays;
import java.util.List;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/** Finds the output columns that options name. */
final class Columns {
    private Columns() {}

    /** Where the column is; refuses one that is not there, or of another type. */
    static int find(RowType output, String name, String option, LogicalTypeRoot... types) {
        int position = output.getFieldNames().indexOf(name);
        if (position < 0) {
            throw new ValidationException(
                    String.format(
                            "weir: '%s' is '%s', but there is no such output column%s",
                            option, name, Nearest.hint(name, output.getFieldNames())));
        }
        LogicalType type = output.getTypeAt(position);
        List<LogicalTypeRoot> allowed = Arrays.asList(types);
        if (!allowed.contains(type.getTypeRoot()) || !type.isNullable()) {
            throw new ValidationException(
                    String.format(
                            "weir: '%s' is '%s', and that column is %s; it must be %s, without NOT"
                                    + " NULL",
                            option, name, type.asSummaryString(), sql(allowed)));
        }
        return position;
    }

    private static String sql(List<LogicalTypeRoot> types) {
        return types.stream()
                .map(type -> type == LogicalTypeRoot.VARCHAR ? "STRING" : type.name())
                .map(type -> type.equals("INTEGER") ? "INT" : type)
                .sorted()
                .collect(java.util.stream.Collectors.joining(" or "));
    }
}
