package io.github.weirml.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import javax.net.ssl.SSLException;

/** Reads what ended a stream: the one place where that is decided. */
final class Failures {
    private static final int MAX_MESSAGE = 1024;

    private Failures() {}

    /** Whether no other stream can do better: a person has to act. */
    static boolean isFinal(Status status) {
        switch (status.getCode()) {
            case INVALID_ARGUMENT:
            case NOT_FOUND:
            case UNAUTHENTICATED:
            case PERMISSION_DENIED:
            case UNIMPLEMENTED:
                return true;
            default:
                return false;
        }
    }

    /** Whether the two sides cannot agree on TLS; the server's certificate may also be at fault. */
    static boolean isTls(Status status) {
        for (Throwable t = status.getCause(); t != null; t = t.getCause()) {
            if (t instanceof SSLException) {
                return true;
            }
        }
        return false;
    }

    /** What happened, where, and what to do about it, on one line. */
    static String text(String endpoint, Status status) {
        String said = status.getDescription() == null ? "" : status.getDescription();
        String text =
                endpoint + ": " + status.getCode() + ": " + said + cause(status) + hint(status);
        return text.length() <= MAX_MESSAGE ? text : text.substring(0, MAX_MESSAGE) + "…";
    }

    private static String cause(Status status) {
        Throwable root = status.getCause();
        if (root == null) {
            return "";
        }
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message =
                root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
        return " (" + message.lines().findFirst().orElse("") + ")";
    }

    private static String hint(Status status) {
        String said = String.valueOf(status.getDescription());
        if (isTls(status)) {
            return "; check that the server speaks TLS and that its certificate is trusted";
        }
        if (status.getCode() == Status.Code.UNIMPLEMENTED) {
            return "; is this a weir server?";
        }
        boolean closed =
                said.contains("Network closed for unknown reason")
                        || said.contains("First received frame was not SETTINGS");
        return closed ? "; does the server want TLS, or is it no gRPC server?" : "";
    }

    /** How long the server asks to wait before another try; zero if it does not say. */
    static long retryNanos(Status status, Metadata trailers) {
        com.google.rpc.Status details = StatusProto.fromStatusAndTrailers(status, trailers);
        if (details == null) {
            return 0;
        }
        for (Any detail : details.getDetailsList()) {
            if (detail.is(RetryInfo.class)) {
                return retryNanos(detail);
            }
        }
        return 0;
    }

    private static long retryNanos(Any detail) {
        try {
            return Wire.nanos(detail.unpack(RetryInfo.class).getRetryDelay());
        } catch (InvalidProtocolBufferException e) {
            return 0;
        }
    }
}
