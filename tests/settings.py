"""Settings of the tests: those of the portal, with a data folder to throw away and the strictest template engine."""

import atexit
import inspect
import os
import shutil
import tempfile
from pathlib import Path

# A person's own settings of the portal must not reach the tests; DATABASE_URL and REDIS_URL choose where they run.
for name in ("DEMO", "DEBUG", "SITE_URL", "EMAIL_URL", "PORT", "LOG_LEVEL", "TRUSTED_PROXY_COUNT"):
    os.environ.pop(name, None)
_data = tempfile.mkdtemp(prefix="portal-tests-")
atexit.register(shutil.rmtree, _data, ignore_errors=True)
os.environ["DATA_DIR"] = _data
os.environ["SECRET_KEY"] = "only-for-the-tests-" * 3

from config.settings import *

_worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")

INSTALLED_APPS = [*INSTALLED_APPS, "zeal"]
MIDDLEWARE = ["zeal.middleware.zeal_middleware", *MIDDLEWARE]
ZEAL_RAISE = True
# Signing in reads the session twice (to have it, to give it a new key), and allauth the account and its address for
# each of its steps; django-simple-history reads the row again for each many-to-many field that it keeps.
_read_again = ("sessions.Session", "account.EmailAddress", "network.User", "actions.Action", "events.Event")
_read_again += ("trainings.Training", "trainings.Accompaniment")
# Each mark of a phone at the door is a transaction of its own: one that is refused stops none of the others.
_read_again += ("events.Registration", "events.DoorMark", "events.Attendance")
ZEAL_ALLOWLIST = [{"model": model, "field": "get()"} for model in _read_again]

# Tests sign in without a form; those of the second step, of asking again and of
# the end of sessions switch them on themselves.
SECOND_FACTOR_REQUIRED = False
IDENTITY_MINUTES = 0
STAFF_IDLE_MINUTES = STAFF_SESSION_HOURS = IDLE_HOURS = SESSION_HOURS = 0  # many tests travel in time
PAGE_CACHE_SECONDS = 0  # most tests never commit, so nothing would say that a page is out of date

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # speed; the real one is Django's default
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True  # STATIC_ROOT need not exist
WHITENOISE_USE_FINDERS = True

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads and processes then meet the locks that the portal meets.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(_data) / "test.sqlite3")}
    _start = DATABASES["default"]["OPTIONS"]["init_command"]
    DATABASES["default"]["OPTIONS"]["init_command"] = _start.replace("synchronous=NORMAL", "synchronous=OFF")
else:
    # A test's rows need not outlive a power cut: waiting for the disk is most of what a commit costs.
    DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"
    # A page gives up on a database after three seconds; a test on a busy machine has more patience.
    DATABASES["default"]["OPTIONS"]["connect_timeout"] = DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = 30
if REDIS_URL:
    # One Redis database for each process, so that clearing one cache leaves the others alone.
    CACHES["default"]["LOCATION"] = f"{REDIS_URL.rstrip('/')}/{10 + int(_worker) % 6}"
CELERY_BROKER_URL = "memory://"  # messages are nudges; tests call the services and tasks themselves


class UnknownTemplateVariable(Exception):
    """A template of ours asks for a variable that its view does not give."""


class StrictInvalid(str):
    """What Django puts in place of an unknown variable: an error in our templates, nothing in those of libraries."""

    def __contains__(self, item: object) -> bool:
        return item == "%s"

    def __mod__(self, variable: object) -> str:
        for frame in inspect.stack():
            origin = getattr(frame.frame.f_locals.get("self"), "origin", None)
            if frame.function == "render_annotated" and origin is not None:
                # Our versions of allauth's elements take whatever attributes allauth's templates give.
                own, elements = str(BASE_DIR / "templates"), str(BASE_DIR / "templates" / "allauth")
                if str(origin).startswith(own) and not str(origin).startswith(elements):
                    raise UnknownTemplateVariable(f"{variable} in {origin}")
                return ""
        return ""


TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = StrictInvalid("invalid")
