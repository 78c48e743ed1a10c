"""What can be said of the containers without starting one: how little they may do, and that any number is safe."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.live import ROOT

WRITTEN = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = WRITTEN["services"]
OF_THE_CODE = {name for name, service in SERVICES.items() if "build" in service}


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_may_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service.get("cap_add", [])) <= {
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "SETGID",
        "SETUID",
        "NET_BIND_SERVICE",
    }
    assert not {"privileged", "pid", "network_mode", "ipc", "container_name"} & set(service)
    published = [port for port in service.get("ports", []) if not port.startswith("127.0.0.1:")]
    assert published == (["80:80", "443:443"] if name == "proxy" else [])
    if name in OF_THE_CODE:
        assert (service["user"], service.get("cap_add")) == ("10001:10001", None)


def test_secrets_come_from_files_alone() -> None:
    """No password or key stands in an environment variable, where ``docker inspect`` shows it."""
    for name, service in SERVICES.items():
        for variable in service.get("environment", {}):
            assert not any(word in variable for word in ("KEY", "PASSWORD", "TOKEN", "DATABASE_URL", "EMAIL_URL")) or (
                variable.endswith("_FILE")
            ), f"{name}: {variable}"
        files = {str(value) for key, value in service.get("environment", {}).items() if key.endswith("_FILE")}
        assert files == {f"/run/secrets/{secret}" for secret in service.get("secrets", [])}
    assert {Path(secret["file"]).name for secret in WRITTEN["secrets"].values()} == set(WRITTEN["secrets"])


def test_what_runs_for_long_is_asked_whether_it_is_well() -> None:
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == {"setup", "mail"}


def test_clocks_share_no_file() -> None:
    """Two clocks on one schedule file would break it; each has its own in memory, and no file names its process."""
    command = SERVICES["beat"]["command"]
    assert command[command.index("--schedule") + 1].startswith("/tmp/")
    assert command[command.index("--pidfile") + 1] == ""
    assert "/tmp" in SERVICES["beat"]["tmpfs"]


def test_secrets_are_written_once_and_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    script = tmp_path / "deploy" / "make_secrets.py"
    script.write_bytes((ROOT / "deploy" / "make_secrets.py").read_bytes())
    subprocess.run([sys.executable, str(script)], check=True)
    folder = tmp_path / "secrets"
    first = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(first) == set(WRITTEN["secrets"])
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert f":{first['database_password']}@db:5432/portal" in first["database_url"]
    assert len(first["secret_key"]) >= 50
    (folder / "secret_key").unlink()
    subprocess.run([sys.executable, str(script)], check=True)
    second = {path.name: path.read_text() for path in folder.iterdir()}
    assert second.pop("secret_key") != first.pop("secret_key")
    assert second == first


def test_linter_of_dockerfiles_finds_nothing() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
