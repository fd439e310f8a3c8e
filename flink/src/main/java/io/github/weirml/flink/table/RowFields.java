package io.github.weirml.flink.table;

import java.io.Serializable;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalType;

/**
 * Takes one column out of rows. Where a row has objects they are taken as they are: Flink accepts
 * an INT for a BIGINT column of a model, and does not convert it.
 */
final class RowFields implements Serializable {
    private static final long serialVersionUID = 1L;

    private final int position;
    private final RowData.FieldGetter getter;

    RowFields(LogicalType type, int position) {
        this.position = position;
        this.getter = RowData.createFieldGetter(type, position);
    }

    /** The value, or null. */
    Object of(RowData row) {
        return row instanceof GenericRowData
                ? ((GenericRowData) row).getField(position)
                : getter.getFieldOrNull(row);
    }
}
