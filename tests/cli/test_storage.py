from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import optuna
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from tests.search.test_storage import search
from tests.servers import GUARDED, HOST, PASSWORD, Server
from tuner.search.block_storage import BlockStorage
from tuner.search.server_facts import connections_needed
from tuner.search.storage import making_a_study, opened, opened_backend


def test_tables_are_made_once_and_that_is_told(call, root):
    first = call("storage", "init", "--root", str(root)).stdout
    assert first == f"The storage sqlite:///{root}/tuner.db has its tables now (version v3.2.0.a).\n"
    assert "has its tables already (version v3.2.0.a)" in call("storage", "init", "--root", str(root)).stdout
    assert "is up to date (version v3.2.0.a); nothing is to be done" in call("storage", "migrate").stdout


def test_a_check_tells_what_a_file_is_like_and_leaves_it_alone(call, root):
    assert call("storage", "check").stderr == (
        f"storage sqlite:///{root}/tuner.db is not there yet; `tuner storage init` or the first search makes it\n"
    )
    assert not (root / "tuner.db").exists()
    call("storage", "init")
    before = sorted(root.iterdir())
    result = call("storage", "check", "--workers", "4")
    assert result.exit_code == 0, result.output
    assert "tables       version v3.2.0.a of Optuna's, which is the present one\n" in result.stdout
    assert sorted(root.iterdir()) == before
    assert json.loads(call("storage", "check", "--json").stdout)["problems"] == []


def test_a_backup_is_a_storage_and_is_not_overwritten(call, refused, root):
    with opened(URL.create("sqlite", database=str(root / "tuner.db"))) as storage:
        search(storage, trials=2)
    assert "has everything of sqlite:///" in call("storage", "backup", "night.db").stdout
    assert '"complete": 2' in call("show", "--study", "small", "--storage", "sqlite:///night.db", "--json").stdout
    assert "night.db is there already, and is not overwritten" in refused("storage", "backup", "night.db")
    assert "there is no folder" in refused("storage", "backup", "nowhere/night.db")
    assert "there is no storage" in refused("storage", "backup", "b.db", "--storage", "sqlite:///other.db")


def test_the_storage_of_the_environment_is_meant_and_a_password_on_the_command_line_is_refused(
    call: Callable[..., object], refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TUNER_STORAGE", f"sqlite:///{tmp_path}/elsewhere.db")
    call("storage", "init")
    assert (tmp_path / "elsewhere.db").exists()
    for command in (["init"], ["check"], ["migrate"], ["backup", "b.db"]):
        said = refused("storage", *command, "--storage", "postgresql://ann:hush@host/trials")
        assert "holds a password, which everybody on this machine can read" in said
        assert "hush" not in said


@pytest.mark.needs("postgresql")
def test_what_stands_in_the_way_of_a_server_is_one_sentence_without_a_password(
    refused: Callable[..., str],
    postgresql: URL,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = postgresql.set(username=GUARDED, password=PASSWORD)
    for wrong, said in (
        (right.set(port=1), "no server answers there; is it running?"),
        (right.set(database="nowhere"), "the server has no such database; make it with createdb"),
        (right.set(password="hush-hush"), "the server refuses the password"),
        (right.update_query_dict({"sslmode": "require"}), "the server offers no TLS; switch it on there"),
    ):
        monkeypatch.setenv("TUNER_STORAGE", wrong.render_as_string(hide_password=False))
        told = refused("storage", "check", "--workers", "2")
        assert said in told
        assert len(told.splitlines()) == 1
        assert "hush" not in told


@pytest.mark.needs("postgresql")
def test_a_password_in_a_file_of_postgresqls_own_will_do_if_nobody_else_can_read_it(
    call: Callable[..., object], postgresql: URL, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "passwords"
    path.write_text(f"{HOST}:{postgresql.port}:*:{GUARDED}:{PASSWORD.replace(':', chr(92) + ':')}\n")
    path.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(path))
    url = str(postgresql.set(username=GUARDED))
    check = call("storage", "check", "--storage", url, "--json")
    assert check.exit_code == 2
    found = json.loads(check.stdout)
    assert found["problems"] == ["has no tables yet; make them with `tuner storage init`, as a user who may"]
    assert found["facts"]["role"] == "guarded may make tables"
    path.chmod(0o644)
    assert "the server wants a password; put it into TUNER_STORAGE" in call("storage", "init", "--storage", url).stderr


@pytest.mark.needs("postgresql")
def test_workers_take_as_many_connections_as_the_check_counts(postgresql: URL, postgresql_server: Server) -> None:
    """Three join, take trials and beat at the same time."""
    most = 0
    with postgresql_server.connected() as other:

        def count() -> None:
            nonlocal most
            query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
            [now] = other.execute(query, [postgresql.database]).fetchone() or [0]
            most = max(most, now)

        with opened_backend(postgresql) as one, opened_backend(postgresql) as two, opened_backend(postgresql) as three:
            storages = [BlockStorage(each) for each in (one, two, three)]
            for storage in storages:
                with making_a_study(postgresql, storage._backend):
                    study = optuna.create_study(storage=storage, study_name="small", load_if_exists=True)
                    study.set_user_attr("tuner:trials", 3)
                    count()
            for storage in storages:
                with closing(storage), storage.transaction(), storage.hold({"search": "one"}):
                    storage.beat(study._study_id)  # the heart's thread, while another transaction goes on
                    count()
            count()
    assert 2 * 3 <= most <= connections_needed(3)


@pytest.mark.needs("postgresql")
def test_nobody_who_waits_to_make_a_study_keeps_a_connection(postgresql: URL, postgresql_server: Server) -> None:
    """Else, behind a pooler of few connections, the one that makes it would have none left."""
    with opened_backend(postgresql) as first, opened_backend(postgresql) as second:
        done = threading.Event()

        def wait() -> None:
            with making_a_study(postgresql, second):
                done.set()

        with postgresql_server.connected() as other, making_a_study(postgresql, first):
            waiting = threading.Thread(target=wait)
            waiting.start()
            assert not done.wait(0.2)
            query = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock' "
                "AND wait_event = 'advisory'"
            )
            assert other.execute(query, [postgresql.database]).fetchone() == (0,)
        waiting.join()
        assert done.is_set()


@pytest.mark.needs("postgresql")
def test_nothing_is_kept_in_a_connection_that_a_pooler_would_hand_to_another(postgresql: URL) -> None:
    with opened_backend(postgresql) as storage, storage.engine.connect() as connection:
        for _ in range(8):
            connection.execute(text("SELECT 1"))
        assert connection.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == 0


@pytest.fixture
def encrypted(postgresql: URL, postgresql_server: Server) -> Iterator[Path]:
    """The certificate of an authority that has signed the server's own, which is for `localhost`."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not here")
    folder = postgresql_server._data
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(folder / "server.key"), "-out", str(folder / "server.crt"), "-days", "2"]
    subprocess.run([*command, "-subj", "/CN=localhost"], check=True, capture_output=True)
    for name in ("server.key", "server.crt"):
        shutil.chown(folder / name, (folder / "PG_VERSION").owner(), (folder / "PG_VERSION").group())
        (folder / name).chmod(0o600)
    certificate = folder.parent / "authority.pem"
    certificate.write_bytes((folder / "server.crt").read_bytes())
    with postgresql_server.connected() as connection:
        connection.execute("ALTER SYSTEM SET ssl = on")
        connection.execute("SELECT pg_reload_conf()")
        yield certificate
        connection.execute("ALTER SYSTEM RESET ssl")
        connection.execute("SELECT pg_reload_conf()")


@pytest.mark.needs("postgresql")
def test_a_verified_server_is_told_from_one_that_is_merely_believed(
    call: Callable[..., object], refused: Callable[..., str], postgresql: URL, encrypted: Path
) -> None:
    def url(host: str, mode: str) -> str:
        told = postgresql.set(host=host).update_query_dict({"sslmode": mode, "sslrootcert": str(encrypted)})
        return str(told)

    call("storage", "init", "--storage", url("localhost", "verify-full"))
    verified = call("storage", "check", "--storage", url("localhost", "verify-full")).stdout
    assert "encryption   TLSv1.3; the server's certificate is verified\n" in verified
    believed = call("storage", "check", "--storage", str(postgresql)).stdout
    assert "encryption   TLSv1.3; whoever answers is believed: no sslmode=verify-full\n" in believed
    assert "is for another host name than the URL's" in refused(
        "storage", "check", "--storage", url("127.0.0.1", "verify-full")
    )
    nowhere = url("localhost", "verify-full").replace("authority.pem", "nowhere.pem")
    assert "name the file of its authority with sslrootcert" in refused("storage", "check", "--storage", nowhere)
