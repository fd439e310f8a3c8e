package io.github.weirml.testing;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;

/** What everything in this JVM logs, from INFO on, between the constructor and close. */
public final class Logs implements AutoCloseable {
    private final List<String> lines = Collections.synchronizedList(new ArrayList<>());
    private final Logger root = (Logger) LogManager.getRootLogger();
    private final Appender appender = new Appender();

    public Logs() {
        appender.start();
        root.addAppender(appender);
    }

    /** The lines with this text, stack traces with them. */
    public List<String> with(String text) {
        synchronized (lines) {
            return lines.stream().filter(line -> line.contains(text)).collect(Collectors.toList());
        }
    }

    @Override
    public void close() {
        root.removeAppender(appender);
    }

    private final class Appender extends AbstractAppender {
        Appender() {
            super("test-logs", null, null, true, Property.EMPTY_ARRAY);
        }

        @Override
        public void append(LogEvent event) {
            String line = event.getLevel() + " " + event.getLoggerName() + " ";
            String trace =
                    event.getThrown() == null
                            ? ""
                            : "\n" + event.getThrownProxy().getExtendedStackTraceAsString();
            lines.add(line + event.getMessage().getFormattedMessage() + trace);
        }
    }
}
