package io.github.weirml.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Stands between a client and a server, and cuts their connections. */
public final class CutProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final String host;
    private final int port;

    /** The servers' sides, and the client's to each. */
    private final Map<Socket, Socket> open = new ConcurrentHashMap<>();

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
        for (Socket server : open.keySet()) {
            if (open.remove(server) != null) {
                close(server); // the client's side follows
                cut++;
            }
        }
        return cut;
    }

    /** The same, but both sides get an error, and what is under way is lost. */
    public int reset() {
        open.forEach((server, client) -> List.of(server, client).forEach(CutProxy::doNotLinger));
        return cut();
    }

    private static void doNotLinger(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (SocketException e) {
            // It is closed already.
        }
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
        open.put(server, client);
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
