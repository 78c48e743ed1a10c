"""What the portal says of itself with the environment of a production server: asked once, in a process of its own."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = {
    "SITE_URL": "https://red.example.gob.mx",
    "SECRET_KEY": "qT7-only-for-this-test-9xW2-vB4n-kL8p-zR6d-mC3f-hJ5s-yG1a",
    "DATABASE_URL": "postgres://portal:secret@127.0.0.1:1/portal",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "TRUSTED_PROXY_COUNT": "1",
}
SAYS = """
import django, json, logging
from django.conf import settings
django.setup()
from django.contrib.auth.hashers import get_hashers
from django.test import Client
names = ("DEBUG", "DEMO", "ALLOWED_HOSTS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT",
         "SECOND_FACTOR_REQUIRED", "IDENTITY_MINUTES", "SESSION_SERIALIZER", "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN",
         "SESSION_COOKIE_PATH", "SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_PATH", "CSRF_COOKIE_DOMAIN",
         "STAFF_IDLE_MINUTES", "STAFF_SESSION_HOURS", "IDLE_HOURS", "SESSION_HOURS")
said = {name: getattr(settings, name) for name in names}
from django.utils.module_loading import import_string
messages = import_string(settings.MESSAGE_STORAGE).storage_classes[0].cookie_name
said["cookies"] = [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, messages]
said["hasher"] = [get_hashers()[0].algorithm, getattr(get_hashers()[0], "iterations", 0)]
browser = Client(raise_request_exception=False, headers={"host": "red.example.gob.mx", "x-forwarded-proto": "https"})
said["headers"] = dict(browser.get("/healthz").headers)
said["plain"] = browser.get("/healthz", headers={"x-forwarded-proto": "http"}).headers.get("Location")
said["other_host"] = browser.get("/healthz", headers={"host": "red.example.gob.mx.otro.example"}).status_code
said["away"] = browser.get("/calendario/").status_code
print(json.dumps(said))
"""


def run(arguments: list[str], data_dir: Path) -> subprocess.CompletedProcess[str]:
    own = {"PATH": os.environ["PATH"], "DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=own | ENVIRONMENT, capture_output=True, text=True, timeout=120)


@cache
def production(data_dir: Path) -> dict[str, Any]:
    done = run(["-c", SAYS], data_dir)
    assert done.returncode == 0, done.stderr[-2000:]
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said
