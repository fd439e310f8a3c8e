"""Serves a model until SIGTERM or Ctrl-C: serve.py PORT [FILE.gguf]. Without a file it is the SmolLM2 of the Python that runs this."""

import pathlib
import signal
import sys
import sysconfig

import xllamacpp


def weights() -> str:
    """Finds the weights beside the installed packages."""
    folder = pathlib.Path(sysconfig.get_paths()["purelib"])
    found = sorted(folder.rglob("SmolLM2-135M-Instruct*.gguf"))
    if not found:
        sys.exit(f"examples/llm: no SmolLM2 weights under {folder}; remove the environment and start again")
    return str(found[0])


def parameters(model: str, port: int, tokens: int) -> xllamacpp.CommonParams:
    """Returns how the server is to run: one thread, four calls at once with so many tokens each."""
    p = xllamacpp.CommonParams()
    p.model.path = model
    p.hostnames = ["127.0.0.1"]
    p.port = port
    p.n_parallel = 4
    p.n_ctx = 4 * tokens
    # A second thread spins while it waits: on a machine of two cores with other work both then get slower.
    p.cpuparams.n_threads = 1
    p.cpuparams_batch.n_threads = 1
    p.n_threads_http = 6
    p.warmup = False
    p.fit_params = False
    p.verbosity = 1
    return p


def main() -> None:
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # the server's threads inherit it: sigwait alone sees the signal
    port = int(sys.argv[1])
    # Random weights read and write single characters, of which a prompt has more than words.
    model, tokens = (sys.argv[2], 8192) if len(sys.argv) > 2 else (weights(), 2048)
    server = xllamacpp.Server(parameters(model, port, tokens))
    print("model server at", server.listening_address, flush=True)
    signal.sigwait(ends)


main()
