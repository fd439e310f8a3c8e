package io.github.weirml.client;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** Which client this is. */
final class Versions {
    /** The version of the jar; {@code devel} if that cannot be told. */
    static final String CLIENT = read();

    private Versions() {}

    private static String read() {
        try (InputStream in = Versions.class.getResourceAsStream("version.properties")) {
            Properties properties = new Properties();
            if (in != null) {
                properties.load(in);
            }
            return properties.getProperty("version", "devel");
        } catch (IOException e) {
            return "devel";
        }
    }
}
