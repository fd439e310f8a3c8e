package io.github.weirml.client;

import java.io.Serializable;
import java.util.Objects;

/**
 * How the client checks a server's certificate, and which one it shows itself. Immutable. Paths are
 * read where the client runs: on the task managers, in a Flink job.
 */
public final class TlsConfig implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String trustedCertificates;
    private final String certificate;
    private final String key;
    private final String serverName;

    private TlsConfig(String trusted, String certificate, String key, String serverName) {
        this.trustedCertificates = trusted;
        this.certificate = certificate;
        this.key = key;
        this.serverName = serverName;
    }

    /** Trusts what Java trusts. */
    public static TlsConfig systemTrust() {
        return new TlsConfig(null, null, null, null);
    }

    /** Trusts the certificates of a PEM file only. */
    public static TlsConfig trusting(String pemFile) {
        return new TlsConfig(Objects.requireNonNull(pemFile, "pemFile"), null, null, null);
    }

    /** The same, and shows a certificate of its own: PEM files, the key in PKCS#8, no password. */
    public TlsConfig withCertificate(String pemFile, String keyFile) {
        return new TlsConfig(
                trustedCertificates,
                Objects.requireNonNull(pemFile, "pemFile"),
                Objects.requireNonNull(keyFile, "keyFile"),
                serverName);
    }

    /** The same, and expects that name in the certificate rather than the endpoint's. */
    public TlsConfig withServerName(String name) {
        return new TlsConfig(trustedCertificates, certificate, key, name);
    }

    /** PEM file of what is trusted; null: what Java trusts. */
    public String trustedCertificates() {
        return trustedCertificates;
    }

    /** PEM file of the client's certificate; null: none. */
    public String certificate() {
        return certificate;
    }

    /** PEM file of the certificate's key; null: none. */
    public String key() {
        return key;
    }

    /** Name that the server's certificate must have; null: that of the endpoint. */
    public String serverName() {
        return serverName;
    }

    @Override
    public boolean equals(Object o) {
        if (!(o instanceof TlsConfig)) {
            return false;
        }
        TlsConfig other = (TlsConfig) o;
        return Objects.equals(trustedCertificates, other.trustedCertificates)
                && Objects.equals(certificate, other.certificate)
                && Objects.equals(key, other.key)
                && Objects.equals(serverName, other.serverName);
    }

    @Override
    public int hashCode() {
        return Objects.hash(trustedCertificates, certificate, key, serverName);
    }
}
