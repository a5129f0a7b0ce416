"""All settings, read from the environment or `.env` once, typed, with safe defaults.

`.env.example` lists every variable. Nothing else in the project reads the environment.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import environ

from kubit_app.running import read_running_product
from kubit_app.secrets import load_or_create_secrets

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
_env_file = Path(os.environ.get("ENV_FILE", BASE_DIR / ".env"))
if _env_file.is_file():
    environ.Env.read_env(_env_file)

DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env.str("DATA_DIR", default="") or BASE_DIR / ".data").expanduser().resolve()
# What a running `run.py` chose for this folder: a command in another shell meets the same product.
read_running_product(DATA_DIR)
DATASETS_DIR = DATA_DIR / "datasets"
MEMBERSHIP_STORE = env.str("MEMBERSHIP_STORE", default="") or str(DATA_DIR / "membership")

# Secrets of one's own win. On one machine the first start makes them; kubit_app.checks
# refuses those in production, where they would lie beside the data they protect.
SECRET_KEY = env.str("SECRET_KEY", default="")
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[])
GENERATED_SECRETS = []
if not SECRET_KEY:
    GENERATED_SECRETS.append("SECRET_KEY")
    SECRET_KEY = load_or_create_secrets(DATA_DIR).secret_key
if not FIELD_ENCRYPTION_KEYS:
    GENERATED_SECRETS.append("FIELD_ENCRYPTION_KEYS")
    FIELD_ENCRYPTION_KEYS = load_or_create_secrets(DATA_DIR).encryption_keys

BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
# The machine itself may always ask: health checks come from there.
ALLOWED_HOSTS = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    *filter(None, [urlsplit(BASE_URL).hostname]),
    *env.list("ALLOWED_HOSTS", default=[]),
]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DEMO = env.bool("DEMO", default=False)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_q",
    "cohorts",
    "integrations",
    "kubit_app",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kubit_app.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kubit_app.reader.reader_zone",
    "kubit_app.access.AccessMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "kubit_app.urls"
WSGI_APPLICATION = "kubit_app.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
            "builtins": ["kubit_app.components", "kubit_app.chart_tags"],
        },
    }
]

_database_url = env.str("DATABASE_URL", default="")
DATABASES = {
    "default": env.db_url_config(_database_url)
    if _database_url
    else {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA_DIR / "app.sqlite3")}
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction that will write waits for its turn at BEGIN, where the
    # time-out applies, and never fails half-way with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTHENTICATION_BACKENDS = ["kubit_app.accounts.AccountBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", "English"), ("ja", "日本語")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Pages name files by their hash only; compressing the plain copies too doubles the first start.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "kubit_app.storage.StaticFilesStorage"},
}

# The ORM broker keeps the queue in the same database as the runs, so a run and its
# bell are committed together. The task carries a run id and nothing else: a lost,
# late or doubled task is harmless (see ARCHITECTURE.md). `retry` stays well above
# `timeout` because the retry clock already runs while a task waits in the queue.
Q_CLUSTER = {
    "name": "kubit",
    "orm": "default",
    "broker_class": "integrations.queue_broker.PatientBroker",
    "workers": env.int("WORKER_PROCESSES", default=2),
    "queue_limit": 1,
    "bulk": 1,
    "timeout": 1200,
    "retry": 3600,
    "ack_failures": True,
    "max_attempts": 1,
    "catch_up": False,
    "save_limit": 200,
    "scheduler": False,
    "label": "Queue",
}

vars().update(env.email_url("EMAIL_URL", default="smtp://127.0.0.1:1025"))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Cohort Dashboard <cohorts@localhost>")

BRAZE_PARTNER_NAME = env.str("BRAZE_PARTNER_NAME", default="kubit")
BRAZE_PARTNER_KEYS = env.dict("BRAZE_PARTNER_KEYS", default={})
BRAZE_REQUESTS_PER_SECOND = env.int("BRAZE_REQUESTS_PER_SECOND", default=40)
BRAZE_SANDBOX_URL = env.str("BRAZE_SANDBOX_URL", default="").rstrip("/")

# For campaigns that prove what happens when things break. kubit_app.checks refuses both in
# production.
TIME_COMPRESSION = env.int("TIME_COMPRESSION", default=1)
FAIL_POINT_FILE = env.str("FAIL_POINT_FILE", default="")

# A held import that nobody decides about ends after so many days.
HOLD_DAYS = env.int("HOLD_DAYS", default=7)
# How long the history and its files are kept.
KEEP_DAYS = env.int("KEEP_DAYS", default=400)
# What /metrics and the status as JSON are asked with; blank closes both.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

QUERY_TIME_LIMIT = env.int("QUERY_TIME_LIMIT", default=300)
PREVIEW_TIME_LIMIT = env.int("PREVIEW_TIME_LIMIT", default=30)
QUERY_MEMORY_LIMIT = env.str("QUERY_MEMORY_LIMIT", default="2GB")
QUERY_THREADS = env.int("QUERY_THREADS", default=2)

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_HTTPONLY = False
# Over plain http (the first start on one machine) secure cookies would lock everyone out.
_HTTPS = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_SECURE = _HTTPS
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=_HTTPS)
# A load balancer asks over plain http whether this process is well.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$", r"^status\.json$"]
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
SECURE_HSTS_PRELOAD = _HTTPS
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # They announce every bell and every line of SMTP.
    "loggers": {"django-q": {"level": "WARNING"}, "mail.log": {"level": "WARNING"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
}
