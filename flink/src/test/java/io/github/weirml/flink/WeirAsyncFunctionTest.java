package io.github.weirml.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.weirml.client.Record;
import java.time.Duration;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;

class WeirAsyncFunctionTest {

    @Test
    void whatIsMissingIsNamed() {
        WeirAsyncFunction.Builder<String, String> builder = WeirAsyncFunction.builder();
        assertThatThrownBy(builder::build).hasMessage("WeirAsyncFunction needs record(…)");
        builder.record(Record::of);
        assertThatThrownBy(builder::build).hasMessage("WeirAsyncFunction needs output(…)");
        builder.output((row, result) -> row);
        assertThatThrownBy(builder::build).hasMessage("WeirAsyncFunction needs returns(…)");
        builder.returns(String.class);
        assertThat(builder.build().getProducedType()).isEqualTo(Types.STRING);
    }

    @Test
    void valuesThatCannotWorkAreRefusedAtOnce() {
        assertThatThrownBy(() -> complete().capacity(0)).hasMessageContaining("capacity is 0");
        assertThatThrownBy(() -> complete().timeout(Duration.ofMillis(20)))
                .hasMessageContaining("at least 100 ms");
        assertThatThrownBy(() -> complete().endpoints("nowhere")).hasMessageContaining("nowhere");
        assertThatThrownBy(() -> complete().option("batch.size", null))
                .hasMessageContaining("batch.size");
    }

    @Test
    void itTravelsToTheTaskManagers() throws Exception {
        WeirAsyncFunction<String, String> sent =
                complete().capacity(40).timeout(Duration.ofSeconds(9)).build();

        WeirAsyncFunction<String, String> arrived = InstantiationUtil.clone(sent);

        assertThat(arrived.capacity()).isEqualTo(40);
        assertThat(arrived.timeout()).isEqualTo(Duration.ofSeconds(9));
    }

    @Test
    void closingWithoutHavingOpenedIsFine() {
        complete().build().close();
    }

    private static WeirAsyncFunction.Builder<String, String> complete() {
        return WeirAsyncFunction.<String, String>builder()
                .record(Record::of)
                .output((row, result) -> row)
                .returns(String.class);
    }
}
