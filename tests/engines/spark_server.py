"""A real Spark Connect server for tests, on loopback: a driver, and an executor that is a
process of its own."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.engines.stores import EVERY_CASE

SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
# Two tasks at a time either way. Two executors that warm up cost twice what one does.
MASTER = "local-cluster[2,1,1024]" if EVERY_CASE else "local-cluster[1,2,1024]"
# For many small queries: what makes large ones fast makes these slow.
SETTINGS = {
    "spark.log.level": "WARN",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.connect.grpc.binding.address": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.catalogImplementation": "in-memory",
    # The tables of ICU take each process some seconds to make.
    "spark.sql.icu.caseMappings.enabled": str(EVERY_CASE).lower(),
}
PATIENCE = 300


@contextmanager
def spark_server(folder: Path, **more: str) -> Iterator[str]:
    """Its URL."""
    import pyspark

    home = Path(pyspark.__file__).parent
    port = _free_port()
    settings = (
        SETTINGS
        | more
        | {
            "spark.connect.grpc.binding.port": str(port),
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            "spark.local.dir": str(folder),
        }
    )
    command = [str(home / "bin" / "spark-submit"), "--class", SERVER, "--master", MASTER]
    # A zone of its own, so that nothing is right by chance; and quick to start.
    java = (
        "-Duser.timezone=America/New_York -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "
        "-XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
    )
    settings |= {"spark.driver.extraJavaOptions": java, "spark.executor.extraJavaOptions": java}
    for name, value in settings.items():
        command += ["--conf", f"{name}={value}"]
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith("SPARK_")
    } | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_CONNECT_MODE": "0",
        "SPARK_WORKER_DIR": str(folder / "work"),
    }
    log = folder / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "spark-internal"],
            env=environ,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=_end_with_parent,
        )
    try:
        _wait(process, port, log)
        yield f"sc://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _end_with_parent() -> None:
    """Also where the tests are killed, which runs no `finally`."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"Spark did not start:\n{log.read_text()[-3000:]}")
