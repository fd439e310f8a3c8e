package io.github.weirml.flink.internal;

import io.github.weirml.client.ClientConfig;
import io.github.weirml.client.SessionConfig;
import io.github.weirml.client.WeirException;
import org.apache.flink.annotation.Internal;
import org.apache.flink.runtime.throwable.ThrowableAnnotation;
import org.apache.flink.runtime.throwable.ThrowableType;
import org.apache.flink.util.FlinkRuntimeException;

/** Why a subtask has no session: what, where, and what to do. Fails the job. */
@Internal
public class SessionFailure extends FlinkRuntimeException {
    private static final long serialVersionUID = 1L;

    private SessionFailure(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * The failure that fits.
     *
     * @param isFinal whether a refusal is final: nothing has worked before
     */
    static SessionFailure of(
            ClientConfig client, SessionConfig session, Throwable why, boolean isFinal) {
        boolean refused =
                why instanceof WeirException
                        && ((WeirException) why).kind() != WeirException.Kind.UNAVAILABLE;
        String message =
                "Cannot use model \""
                        + session.model()
                        + "\" of weir at "
                        + client
                        + ": "
                        + why.getMessage()
                        + (refused ? "" : UNAVAILABLE);
        return refused && isFinal ? new Final(message, why) : new SessionFailure(message, why);
    }

    private static final String UNAVAILABLE =
            ". Check that the server runs, that the endpoint is right, and that the task managers"
                    + " can reach it";

    /** The same, where no restart helps. */
    @ThrowableAnnotation(ThrowableType.NonRecoverableError)
    static final class Final extends SessionFailure {
        private static final long serialVersionUID = 1L;

        Final(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
