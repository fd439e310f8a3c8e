package io.github.weirml.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Stands between a client and a server, and cuts their connections. */
public final class CutProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final String host;
    private final int port;

    /** The servers' sides. */
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    /** To {@code host:port}. */
    public CutProxy(String endpoint) {
        this.host = endpoint.substring(0, endpoint.lastIndexOf(':'));
        this.port = Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1));
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        inBackground(this::accept);
    }

    /** Where clients go. */
    public String endpoint() {
        return "127.0.0.1:" + listener.getLocalPort();
    }

    /** Ends every connection, both ways, in the middle of whatever it carries; returns how many. */
    public int cut() {
        int cut = 0;
        for (Socket server : open) {
            if (open.remove(server)) {
                close(server); // the client's side follows
                cut++;
            }
        }
        return cut;
    }

    private void accept() throws IOException {
        while (!listener.isClosed()) {
            Socket client = listener.accept();
            try {
                connect(client, new Socket(host, port));
            } catch (IOException e) {
                client.close(); // nobody is there
            }
        }
    }

    private void connect(Socket client, Socket server) {
        open.add(server);
        inBackground(() -> copy(client, server));
        inBackground(() -> copy(server, client));
    }

    private void copy(Socket from, Socket to) throws IOException {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
        } finally {
            open.remove(from);
            open.remove(to);
            close(from);
            close(to);
        }
    }

    private interface Task {
        void run() throws IOException;
    }

    private static void inBackground(Task task) {
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                task.run();
                            } catch (IOException e) {
                                // A cut connection: that is what this is for.
                            }
                        },
                        "cut-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        cut();
    }
}
