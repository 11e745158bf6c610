from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest

import tuner
from tests.parts import find_program
from tuner.errors import TunerError
from tuner.report.dashboard import DashboardServer, only_from_here, open_dashboard, serve_dashboard

STUDY = "digits-to-look-at"


@pytest.fixture
def storage() -> optuna.storages.BaseStorage:
    storage = optuna.storages.InMemoryStorage()
    study = optuna.create_study(storage=storage, study_name=STUDY)
    for learning_rate in (0.1, 0.01, 0.001):
        study.add_trial(
            optuna.trial.create_trial(
                params={"optimizer.learning_rate": learning_rate},
                distributions={"optimizer.learning_rate": optuna.distributions.FloatDistribution(1e-4, 1, log=True)},
                value=learning_rate,
            )
        )
    return storage


@pytest.fixture
def server(storage) -> Iterator[DashboardServer]:
    with open_dashboard(storage, port=0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(port: int, path: str, *, method: str = "GET", body: str | None = None, **headers: str):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    try:
        connection.request(method, path, body=body, headers={"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        return response.status, response.read(), response.headers
    finally:
        connection.close()


def study_names(port: int) -> list[str]:
    status, body, _ = ask(port, "/api/studies")
    assert status == 200
    return [study["study_name"] for study in json.loads(body)["study_summaries"]]


def test_the_dashboard_lists_the_studies_of_the_storage(server):
    assert study_names(server.server_port) == [STUDY]


def test_the_dashboard_listens_on_the_loopback_address_only(server):
    assert server.socket.getsockname()[0] == "127.0.0.1"
    assert server.url == f"http://127.0.0.1:{server.server_port}/"


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LocalHost", "[::1]"])
def test_every_name_of_this_machine_may_be_used(server, name):
    assert ask(server.server_port, "/api/studies", Host=f"{name}:{server.server_port}")[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "localhost", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", ""]
)
def test_a_foreign_name_for_this_machine_is_refused(server, host):
    status, body, _ = ask(server.server_port, "/api/studies", Host=host.format(port=server.server_port))
    assert status == 403
    assert STUDY.encode() not in body


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://localhost:1", "null", "https://127.0.0.1:{port}", ""]
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/api/studies"), ("DELETE", "/api/studies/0")])
def test_a_page_from_elsewhere_may_not_write(server, origin, method, path):
    port = server.server_port
    body = json.dumps({"study_name": "planted", "directions": ["minimize"]})
    assert ask(port, path, method=method, body=body, Origin=origin.format(port=port))[0] == 403
    assert study_names(port) == [STUDY]


@pytest.mark.parametrize("origin", ["http://127.0.0.1:{port}", "http://localhost:{port}", None])
def test_the_dashboards_own_page_and_a_script_may_write(server, origin):
    port = server.server_port
    headers = {} if origin is None else {"Origin": origin.format(port=port)}
    body = json.dumps({"study_name": "another", "directions": ["minimize"]})
    assert ask(port, "/api/studies", method="POST", body=body, **headers)[0] == 201
    assert study_names(port) == [STUDY, "another"]


def test_no_foreign_page_may_frame_the_dashboard(server):
    assert ask(server.server_port, "/dashboard")[2]["X-Frame-Options"] == "SAMEORIGIN"


def test_on_port_80_a_browser_need_not_name_the_port():
    def app(environ, start_response):
        start_response("200 OK", [])
        return [b"shown"]

    statuses = []
    for port in (80, 8080):
        environ = {"HTTP_HOST": "localhost", "REQUEST_METHOD": "GET"}
        only_from_here(app, port)(environ, lambda status, headers: statuses.append(status))
    assert statuses == ["200 OK", "403 Forbidden"]


def test_a_busy_port_is_named_with_the_way_out(storage):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(TunerError, match=f"port {port} is in use already: choose another one, or 0 for any free"):
            serve_dashboard(storage, port=port, on_ready=print)


def test_a_port_that_another_dashboard_has_is_busy(storage, server):
    with pytest.raises(TunerError, match="in use already"):
        open_dashboard(storage, port=server.server_port)


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_cannot_be_is_refused(storage, port):
    with pytest.raises(TunerError, match=f"port is {port}, but should be between 1 and 65535"):
        open_dashboard(storage, port=port)


def test_ctrl_c_before_the_first_request_closes_the_server(storage):
    urls = []

    def interrupted(url: str) -> None:
        urls.append(url)
        raise KeyboardInterrupt

    serve_dashboard(storage, port=0, on_ready=interrupted)
    port = int(urls[0].rstrip("/").rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=600)


def test_a_browser_that_hangs_up_leaves_no_trace_on_the_terminal(server, capfd):
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=600) as connection:
            # Closing with this option on resets the connection instead of ending it politely.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            connection.sendall(b"GET / HT")
    assert study_names(server.server_port) == [STUDY]
    assert capfd.readouterr().err == ""


def test_ctrl_c_ends_the_dashboard_quietly(tmp_path):
    program = (
        "import optuna, sys\n"
        "from tuner.report.dashboard import serve_dashboard\n"
        "optuna.logging.disable_default_handler()\n"
        f"storage = optuna.storages.get_storage('sqlite:///{tmp_path / 'tuner.db'}')\n"
        f"optuna.create_study(storage=storage, study_name={STUDY!r})\n"
        "serve_dashboard(storage, port=0, on_ready=lambda url: print(url, flush=True))\n"
        "print('the end')\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=Path(tuner.__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            url = process.stdout.readline().strip()
            port = int(url.rstrip("/").rpartition(":")[2])
            assert url == f"http://127.0.0.1:{port}/"
            assert study_names(port) == [STUDY]
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=600)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (0, "the end\n", "")


def page_after_its_scripts(url: str, tmp_path) -> str:
    command = [
        find_program("chromium", "chromium-browser", "google-chrome"),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--enable-unsafe-swiftshader",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--virtual-time-budget=15000",
        "--dump-dom",
        url,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout


@pytest.mark.needs("chromium")
def test_a_browser_shows_the_list_of_studies(server, tmp_path):
    assert STUDY in page_after_its_scripts(server.url, tmp_path)


@pytest.mark.needs("chromium")
def test_a_browser_shows_a_studys_best_trial_with_its_parameters(server, tmp_path):
    page = page_after_its_scripts(f"{server.url}dashboard/studies/0", tmp_path)
    assert STUDY in page
    assert "optimizer.learning_rate" in page
