"""Technical settings, from the environment alone (12-factor).

With nothing set the portal runs embedded: SQLite, a Celery broker in files, e-mail written to files, media on disk,
all below ``DATA_DIR``. ``DATABASE_URL``, ``REDIS_URL`` and ``EMAIL_URL`` move the same code to servers. ``NAME_FILE``
names a file that holds the value of ``NAME``, for secrets. What an installation *is* (name, logo, colours, contact,
time zone) is not here: it is one row, :class:`web.models.Installation`.
"""

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
DEBUG = env.bool("DEBUG", default=False)
# The demo shows its accounts and its mail folder; it is never on where real people's data are.
DEMO = env.bool("DEMO", default=False)
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
_site = urlsplit(SITE_URL)
if _site.scheme not in {"http", "https"} or not _site.hostname:
    raise ImproperlyConfigured("SITE_URL must be an address such as https://red.example.org")
EMBEDDED = not env.str("REDIS_URL", default="")


def _secret_key() -> str:
    """The key of the environment or, embedded, one made once and kept in ``DATA_DIR``."""
    if key := env.str("SECRET_KEY", default=""):
        return key
    if not EMBEDDED:
        raise ImproperlyConfigured("Set SECRET_KEY (or SECRET_KEY_FILE) to a long random text.")
    from django.core.management.utils import get_random_secret_key

    DATA_DIR.mkdir(parents=True, exist_ok=True)
    path = DATA_DIR / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(get_random_secret_key())
    return path.read_text().strip()


SECRET_KEY = _secret_key()
# What constancias are signed with for other systems: an Ed25519 key in PEM. Without it one is made in DATA_DIR.
ISSUER_KEY = env.str("ISSUER_KEY", default="", multiline=True)
_own_hosts = [_site.hostname, "127.0.0.1", "localhost"] if EMBEDDED else [_site.hostname]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=_own_hosts)
CSRF_TRUSTED_ORIGINS = [SITE_URL] if _site.scheme == "https" else []

INSTALLED_APPS = [
    "reports",
    "trainings",
    "events",
    "actions",
    "network",
    "municipalities",
    "outbox",
    "web",
    "web.apps.ReadOnlyAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "ninja",
    "rules",
    "simple_history",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "web.metrics.MetricsMiddleware",
    "web.shared.SharedPagesMiddleware",
    "web.middleware.DatabaseAwayMiddleware",
    "web.middleware.WrongMethodMiddleware",
    "web.middleware.RequestSizeMiddleware",
    "csp.middleware.CSPMiddleware",
    "web.middleware.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "web.middleware.TimeZoneMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "web.middleware.SignInMiddleware",
    "network.middleware.MunicipalDeskMiddleware",
    "network.middleware.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "network.middleware.TypedTextMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "web.forms.FormRenderer"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.context_processors.installation",
                "outbox.context_processors.mail",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "web.templatetags.components"],
        },
    }
]

# --- Database. No ATOMIC_REQUESTS: services open their own transactions, and the shortest ones win (ADR 0003).
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'portal.sqlite3'}")}
_database = DATABASES["default"]
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
elif _database["ENGINE"].endswith("postgresql"):
    _database["CONN_MAX_AGE"] = 0
    _database["CONN_HEALTH_CHECKS"] = True
    _statement_timeout = env.int("STATEMENT_TIMEOUT_MS", default=15_000)  # web 15 s; worker 10 min; migrations 0
    _asked = _database.get("OPTIONS", {})  # what the address says after “?”, such as sslmode=require, is heard
    _limits = f"-c lock_timeout=3000 -c statement_timeout={_statement_timeout}"
    _database["OPTIONS"] = {
        "connect_timeout": 3,
        **_asked,
        "options": f"{_limits} {_asked.get('options', '')}".strip(),
        "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL_SIZE", default=8), "timeout": 3},
    }
else:
    raise ImproperlyConfigured("DATABASE_URL must be a sqlite:// or postgres:// address.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": (
        {"BACKEND": "web.cache.DisposableRedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(DATA_DIR / "cache")}
    )
}

# How long a public page is kept at most; a change is seen at once all the same (web/shared.py). 0: nothing is kept.
PAGE_CACHE_SECONDS = env.int("PAGE_CACHE_SECONDS", default=60)

# --- Accounts
AUTH_USER_MODEL = "network.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
_validation = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_validation}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": f"{_validation}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_validation}.CommonPasswordValidator"},
    {"NAME": f"{_validation}.NumericPasswordValidator"},
    {"NAME": "network.passwords.ContextWordsValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "after_login"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "network.adapters.AccountAdapter"
ACCOUNT_FORMS = {"signup": "network.forms.accounts.SignupForm"}
MFA_FORMS = {"add_webauthn": "network.forms.accounts.NewKeyForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme
# A room behind one address is not an attack: per-address limits are raised, per-account limits stay.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": "300/m/ip,10/5m/key",
    "signup": "300/m/ip",
    "reset_password": "300/m/ip,5/m/key",
    "reset_password_from_key": "300/m/ip",
}
# A change of password, e-mail or second factor is told to the account's e-mail.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _site.scheme == "http"
# Who works for the institute needs a second step to sign in; the demo's accounts are everybody's.
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=not DEMO)
# Acts on roles and files with personal data ask again who one is after so many minutes (0: never).
IDENTITY_MINUTES = env.int("IDENTITY_MINUTES", default=0 if DEMO else 15)
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before the e-mail of an account changes, and its sign-in elsewhere
# When a session ends by itself: without a page for so long, and in all (0: never). Shorter for the institute.
STAFF_IDLE_MINUTES = env.int("STAFF_IDLE_MINUTES", default=60)
STAFF_SESSION_HOURS = env.int("STAFF_SESSION_HOURS", default=12)
IDLE_HOURS = env.int("IDLE_HOURS", default=72)
SESSION_HOURS = env.int("SESSION_HOURS", default=336)
SESSION_ENGINE = "network.sessions"
# The row outlives the session by a day: what is sent too late is then kept for who had typed it.
SESSION_COOKIE_AGE = (max(STAFF_SESSION_HOURS, SESSION_HOURS) or 336) * 3600 + 86_400

USERSESSIONS_ADAPTER = "network.adapters.SessionsAdapter"
# Signing in with the institution's own system (OpenID Connect), where its address is given (docs/operations.md). It
# finds an account by a verified e-mail; the second step is asked for as with a password.
OIDC_SERVER_URL = env.str("OIDC_SERVER_URL", default="")
SOCIALACCOUNT_AUTO_SIGNUP = False  # the privacy notice comes first
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_FORMS = {"signup": "network.forms.accounts.InstitutionSignupForm"}
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, object]] = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": []}}
_oidc_origin = ["{0.scheme}://{0.netloc}".format(urlsplit(OIDC_SERVER_URL))] if OIDC_SERVER_URL else []
if OIDC_SERVER_URL:
    SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"] = [
        {
            "provider_id": "institucion",
            "name": env.str("OIDC_NAME", default="Mi institución"),
            "client_id": env.str("OIDC_CLIENT_ID"),
            "secret": env.str("OIDC_CLIENT_SECRET"),
            "settings": {"server_url": OIDC_SERVER_URL},
        }
    ]

# --- Language and time
LANGUAGE_CODE = "es"
LANGUAGES = [("es", "Español"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="America/Mexico_City")

# A folder with another state's municipalities.csv, regions.csv … (docs/reference-data.md)
REFERENCE_DIR = env.str("REFERENCE_DIR", default="")

# --- Open data. The licence under which everybody may take them; the limit is for each address and minute.
DATA_LICENCE_NAME = env.str("DATA_LICENCE_NAME", default="Creative Commons Atribución 4.0 (CC BY 4.0)")
DATA_LICENCE_URL = env.str("DATA_LICENCE_URL", default="https://creativecommons.org/licenses/by/4.0/")
API_PER_MINUTE = env.int("API_PER_MINUTE", default=300)

# --- Static files and media
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "media"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "web.storage.DurableStorage"},
    # Whoever sets up may be another account than the one that serves: these files are for everybody, uploads are not.
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage",
        "OPTIONS": {"file_permissions_mode": 0o644},
    },
}
# Stored files in a bucket of any S3 service in the place of DATA_DIR, so that several machines may serve them.
if MEDIA_BUCKET := env.str("MEDIA_BUCKET", default=""):
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": MEDIA_BUCKET,
            "endpoint_url": env.str("MEDIA_ENDPOINT", default="") or None,
            "region_name": env.str("MEDIA_REGION", default="") or None,
            "access_key": env.str("MEDIA_ACCESS_KEY", default="").strip() or None,
            "secret_key": env.str("MEDIA_SECRET_KEY", default="").strip() or None,
            "default_acl": None,  # private, as the bucket is: files are served by views that ask for the permission
            "file_overwrite": False,
        },
    }
# Set-up compresses only what is served: source maps of libraries cost it more than everything else together.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["jpg", "jpeg", "png", "webp", "gz", "br", "woff", "woff2", "map"]
FILE_UPLOAD_PERMISSIONS = 0o640
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_MB", default=15) * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# Largest request that is read at all; anything more is answered 413 by web.middleware.
REQUEST_MAX_BYTES = UPLOAD_MAX_BYTES + 2 * 1024 * 1024

# --- E-mail. Everything leaves through the outbox; this is only its last step.
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Red de Embajadores Climáticos <red@portal.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Caps delay and never lose (0: none). The last quarter of the first is kept for what procedures need; the second is
# for what none needs.
MAIL_PER_HOUR = env.int("MAIL_PER_HOUR", default=10_000)
MAIL_PER_ADDRESS_PER_DAY = env.int("MAIL_PER_ADDRESS_PER_DAY", default=20)
# Messages that ended are deleted after this. What looks back for a message already sent looks back 120 days at most.
MAIL_KEPT_DAYS = env.int("MAIL_KEPT_DAYS", default=400)
if MAIL_KEPT_DAYS < 180:
    raise ImproperlyConfigured("MAIL_KEPT_DAYS must be 180 or more: younger messages keep mail from being sent twice.")
# A provider that tells of bounces at /correo/rebotes/ (docs/operations.md); without one that address does not exist.
BOUNCE_PROVIDER = env.str("BOUNCE_PROVIDER", default="")
if BOUNCE_PROVIDER:
    ANYMAIL = {"WEBHOOK_SECRET": env.str("BOUNCE_SECRET", default="")}
    if ":" not in ANYMAIL["WEBHOOK_SECRET"]:
        raise ImproperlyConfigured("With BOUNCE_PROVIDER set BOUNCE_SECRET to user:password, both long and random.")
    if _signing_key := env.str("BOUNCE_SIGNING_KEY", default=""):
        ANYMAIL[f"{BOUNCE_PROVIDER.upper()}_WEBHOOK_SIGNING_KEY"] = _signing_key
# Who is told when mail has not left for so long; the contact of the installation where nobody is named.
ALARM_EMAILS = env.list("ALARM_EMAILS", default=[])
DRAIN_STALE_SECONDS = env.int("DRAIN_STALE_SECONDS", default=300)

# --- Celery: a nudge may be lost, work may not. Due times are columns, never ETAs.
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost//"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "outbox.tasks.*": {"queue": "mail"},
    "reports.tasks.*": {"queue": "heavy"},
    "trainings.tasks.print_certificates": {"queue": "heavy"},
}
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
if EMBEDDED:
    _broker = DATA_DIR / "celery"
    for _folder in ("queue", "control"):
        (_broker / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker / "queue"),
        "data_folder_out": str(_broker / "queue"),
        "control_folder": str(_broker / "control"),
    }
    CELERY_BEAT_SCHEDULE_FILENAME = str(_broker / "schedule")
CELERY_BEAT_SCHEDULE = {
    "drain-outbox": {"task": "outbox.tasks.drain", "schedule": 15.0},
    "reconcile-outbox": {"task": "outbox.tasks.reconcile", "schedule": 60.0},
    "delete-old-mail": {"task": "outbox.tasks.delete_old", "schedule": 3600.0},
    "materialise-reminders": {"task": "events.tasks.materialise_reminders", "schedule": 60.0},
    "promote-waiting": {"task": "events.tasks.promote_waiting", "schedule": 60.0},
    "erase-outdated": {"task": "events.tasks.erase_outdated", "schedule": 60.0},
    "remind-pending-results": {"task": "events.tasks.remind_pending_results", "schedule": 3600.0},
    "remind-deadlines": {"task": "actions.tasks.remind_deadlines", "schedule": 3600.0},
    "remind-endings": {"task": "network.tasks.remind_endings", "schedule": 3600.0},
    "find-duplicates": {"task": "network.tasks.find_duplicates", "schedule": 120.0},
    "clean-data": {"task": "network.tasks.clean_data", "schedule": 3600.0},
    "remind-rights": {"task": "network.tasks.remind_rights", "schedule": 3600.0},
    "remind-duties": {"task": "trainings.tasks.remind_duties", "schedule": 3600.0},
    "resume-reports": {"task": "reports.tasks.resume_reports", "schedule": 60.0},
    # 03:10 in Mexico City; where that is day it disturbs nobody either.
    "audit-counts": {"task": "reports.tasks.audit_counts", "schedule": crontab(hour="9", minute="10")},
    "run-report-schedules": {"task": "reports.tasks.run_schedules", "schedule": 3600.0},
    "resume-certificates": {"task": "trainings.tasks.resume_certificates", "schedule": 60.0},
}

# --- Security
# Whom /.well-known/security.txt names: an e-mail or an address of a page; the contact of the installation where empty.
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default="")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "web.messages.Storage"
CSRF_FAILURE_VIEW = "web.views.csrf_failure"
_prefix = ""
if _site.scheme == "https":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    _prefix = "__Host-"  # a browser takes these from this host alone, over TLS
SESSION_COOKIE_NAME = f"{_prefix}sessionid"
CSRF_COOKIE_NAME = f"{_prefix}csrftoken"
MESSAGES_COOKIE_NAME = f"{_prefix}messages"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "object-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        # A browser asks this also of where a form's answer leads: to sign in, to the institution's system.
        "form-action": [SELF, "{0.scheme}://{0.netloc}".format(urlsplit(OIDC_SERVER_URL))]
        if OIDC_SERVER_URL
        else [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    },
}

# --- Numbers for Prometheus at /metrics, for who brings this text; without it that address does not exist.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="").strip()

# --- Logs: JSON lines without personal data
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "web.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json", "stream": sys.stderr}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
# Errors to Sentry as well, where an address is given: without request bodies, local variables, cookies or addresses.
if SENTRY_DSN := env.str("SENTRY_DSN", default=""):
    try:
        import sentry_sdk
    except ImportError:
        raise ImproperlyConfigured("SENTRY_DSN needs the packages of requirements/server.txt.") from None
    from web.logs import mask_report

    sentry_sdk.init(
        dsn=SENTRY_DSN,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        max_breadcrumbs=0,
        before_send=mask_report,
    )
