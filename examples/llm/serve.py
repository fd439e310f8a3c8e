"""Serves the SmolLM2 weights of the Python that runs this, until SIGTERM or Ctrl-C. Usage: serve.py PORT."""

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


def parameters(model: str, port: int) -> xllamacpp.CommonParams:
    """Returns how the server is to run: one thread, four calls at once with 2,048 tokens each."""
    p = xllamacpp.CommonParams()
    p.model.path = model
    p.hostnames = ["127.0.0.1"]
    p.port = port
    p.n_parallel = 4
    p.n_ctx = 4 * 2048
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
    server = xllamacpp.Server(parameters(weights(), int(sys.argv[1])))
    print("model server at", server.listening_address, flush=True)
    signal.sigwait(ends)


main()
