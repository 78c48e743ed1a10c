"""The set-up script ``portal``, tried as a program."""

import ast
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.live import ROOT, RunningPortal, free_port

SCRIPT = ROOT / "portal"
TREE = ast.parse(SCRIPT.read_text())


@pytest.fixture
def portal() -> ModuleType:
    loader = SourceFileLoader("portal_script", str(SCRIPT))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    loader.exec_module(module)
    sys.dont_write_bytecode = before
    return module


def run_portal(*arguments: str, script: Path = SCRIPT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_script_needs_only_the_standard_library() -> None:
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0]
        for node in ast.walk(TREE)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported <= sys.stdlib_module_names


def test_script_is_understood_by_an_older_python() -> None:
    ast.parse(SCRIPT.read_text(), feature_version=(3, 7))


def test_run_says_in_one_sentence_that_the_port_is_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = run_portal("run", PORT=str(port), DATA_DIR=str(tmp_path))
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"portal: port {port} is already in use; ")
    assert len(answer.stderr.splitlines()) == 1


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1"])
def test_run_refuses_an_odd_port(port: str) -> None:
    answer = run_portal("run", PORT=port)
    assert answer.returncode == 1
    assert answer.stderr == f"portal: PORT must be a number from 1 to 65535, not {port!r}.\n"


def test_missing_venv_module_is_one_sentence_with_the_package(tmp_path: Path) -> None:
    shutil.copy(SCRIPT, tmp_path / "portal")
    broken = tmp_path / "without-ensurepip"
    broken.mkdir()
    (broken / "ensurepip.py").write_text("raise ImportError('as on a Debian without python3-venv')\n")
    answer = run_portal(
        "run", script=tmp_path / "portal", PATH=str(tmp_path), PYTHONPATH=str(broken), PORT=str(free_port())
    )
    assert answer.returncode == 1
    assert answer.stderr == ("portal: Python's venv module is missing; install it with: apt-get install python3-venv\n")


def test_missing_system_library_is_named_with_its_package(portal: ModuleType) -> None:
    packages = {"libc6": portal.library("libc.so.6"), "libnowhere-0": portal.library("libnowhere.so.0")}
    assert portal.missing(packages) == ["libnowhere-0"]
    assert portal.apt_line(["libnowhere-0"]) == "apt-get install --no-install-recommends libnowhere-0"


def test_requirements_are_installed_once_until_they_change(
    portal: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "requirements").mkdir()
    for kind in ("run", "test"):
        (tmp_path / "requirements" / f"{kind}.txt").write_text(f"# no packages, for {kind}\n")
    monkeypatch.setattr(portal, "ROOT", tmp_path)
    monkeypatch.setattr(portal, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(portal, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    portal.make_venv()
    portal.install("test")
    assert "Installing the packages of requirements/test.txt" in capfd.readouterr().out
    portal.install("test")
    portal.install("run")  # part of test.txt
    assert capfd.readouterr().out == ""
    (tmp_path / "requirements" / "run.txt").write_text("# changed\n")
    portal.install("run")
    assert "Installing the packages of requirements/run.txt" in capfd.readouterr().out


def test_packages_for_javascript_are_installed_once_until_their_lock_changes(
    portal: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    source, python, said = tmp_path / "tests" / "js", tmp_path / "python", tmp_path / "said"
    source.mkdir(parents=True)
    (source / "package.json").write_text("{}")
    (source / "package-lock.json").write_text("{}")
    python.write_text(f'#!/bin/sh\nshift 2; echo "$PWD $*" >> {said}\n')
    python.chmod(0o755)
    (tmp_path / ".venv").mkdir()
    for name, path in {"ROOT": tmp_path, "VENV": tmp_path / ".venv", "PYTHON": python}.items():
        monkeypatch.setattr(portal, name, path)
    portal.install_javascript()
    portal.install_javascript()
    assert said.read_text() == f"{tmp_path}/.venv/js ci --ignore-scripts --no-audit --no-fund --loglevel=error\n"
    (source / "package-lock.json").write_text('{"changed": 1}')
    portal.install_javascript()
    assert len(said.read_text().splitlines()) == 2
    assert (tmp_path / ".venv" / "js" / "package-lock.json").read_text() == '{"changed": 1}'
    python.write_text("#!/bin/sh\nexit 1\n")
    (source / "package-lock.json").write_text('{"changed": 2}')
    with pytest.raises(SystemExit, match="could not be installed"):
        portal.install_javascript()


SUPERVISE = """
import sys
from importlib.machinery import SourceFileLoader
portal = SourceFileLoader("portal_script", {script!r}).load_module()
portal.STOP_AFTER = 3
sys.exit(portal.supervise([
    ("web server", [sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1"], None),
    ("worker", [sys.executable, "-c", {worker!r}], None),
], {port}, False))
"""


def supervised(worker: str, port: int) -> "subprocess.Popen[str]":
    source = SUPERVISE.format(script=str(SCRIPT), worker=worker, port=port)
    return subprocess.Popen(
        [sys.executable, "-B", "-W", "ignore", "-c", source],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def has_ended(pid: str) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


def wait_for(condition: object, seconds: float = 20) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_when_one_process_ends_the_other_is_stopped_and_the_exit_is_not_zero() -> None:
    port = free_port()
    process = supervised("import time; time.sleep(0.5); raise SystemExit(7)", port)
    output, _ = process.communicate(timeout=40)
    assert process.returncode == 1
    assert "portal: the worker ended with code 7; stopping the rest." in output
    assert not answers(port)


def test_a_signal_ends_even_a_process_group_that_ignores_it(tmp_path: Path) -> None:
    port, note = free_port(), tmp_path / "pids"
    # A worker with a child of its own, both deaf to SIGTERM.
    deaf = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork(); "
        f"open({str(note)!r}, 'a').write(f'{{os.getpid()}}\\n'); time.sleep(300)"
    )
    process = supervised(deaf, port)
    wait_for(lambda: note.is_file() and len(note.read_text().split()) == 2)
    assert answers(port)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=40)
    assert (process.returncode, output.endswith("Stopping …\n")) == (0, True)
    assert not answers(port)
    for pid in note.read_text().split():
        wait_for(lambda pid=pid: has_ended(pid), 5)


def test_run_waits_for_an_earlier_portal_that_is_stopping(portal: ModuleType, tmp_path: Path, capsys: Any) -> None:
    portal.WAIT_FOR_EARLIER = 1
    with (tmp_path / "run.lock").open("w") as earlier, (tmp_path / "run.lock").open("w") as later:
        fcntl.flock(earlier, fcntl.LOCK_EX)
        with pytest.raises(SystemExit, match="another portal already runs"):
            portal.take(later, tmp_path)
        threading.Timer(0.4, fcntl.flock, (earlier, fcntl.LOCK_UN)).start()
        portal.take(later, tmp_path)
    assert capsys.readouterr().out == "Waiting for the earlier portal to stop …\n" * 2


def test_ended_tests_leave_nothing_running(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    step = f"import os, time; os.fork(); open({str(note)!r}, 'a').write(f'{{os.getpid()}}\\n'); time.sleep(300)"
    source = (
        "import sys; from tests import steps; sys.argv = ['steps', 'lint']; "
        f"steps.LINT = [steps.Step('long', [sys.executable, '-c', {step!r}], {{}})]; steps.main()"
    )
    process = subprocess.Popen([sys.executable, "-c", source], cwd=ROOT, stdout=subprocess.DEVNULL)
    wait_for(lambda: note.is_file() and len(note.read_text().split()) == 2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 128 + signal.SIGTERM
    for pid in note.read_text().split():
        wait_for(lambda pid=pid: has_ended(pid), 5)


@pytest.mark.journey
def test_running_portal_prints_its_address_and_the_demo_accounts(running_portal: RunningPortal) -> None:
    wait_for(lambda: "participante@demo.example" in running_portal.log.read_text())
    log = running_portal.log.read_text()
    assert f"The portal is on {running_portal.url} " in log
    assert "demo-clima-2026" in log
    for name in ("admin", "personal", "enlace", "enlace2", "participante"):
        assert f"  {name}@demo.example" in log


@pytest.mark.journey
def test_second_portal_on_the_same_data_is_refused(running_portal: RunningPortal) -> None:
    answer = run_portal("run", PORT=str(free_port()), DATA_DIR=str(running_portal.data_dir))
    assert answer.returncode == 1
    assert answer.stderr.startswith("portal: another portal already runs on the data in ")


@pytest.mark.journey
def test_preparing_a_prepared_portal_does_nothing(running_portal: RunningPortal) -> None:
    own = {"DATA_DIR": str(running_portal.data_dir), "DEMO": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
    own["SITE_URL"] = running_portal.url  # stored calendar entries say it
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    command = [sys.executable, "manage.py", "prepare", "--demo"]
    answer = subprocess.run(command, cwd=ROOT, env=kept | own, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout) == (0, "")
