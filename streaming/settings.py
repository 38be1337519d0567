"""Settings: a typed schema of environment variables on top, then what Django reads.

Values come, first match wins, from the process environment, from files named like the variable in
`SECRETS_DIR` (Docker secrets), from the file `ENV_FILE` names. Without `ENV_FILE` that is `.env`, then
the local stores' own `.local/run/stores.env`, which exists only where `python -m dev up` made it.
Missing and malformed values stop the process with one list of them. Unsafe values are
defaults only under `DEBUG`, which nothing but the local stores' file turns on.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from pydantic import Field, PostgresDsn, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_STORES_ENV = BASE_DIR / ".local" / "run" / "stores.env"
TOKEN_MARGIN_SECONDS = 10  # how long an answer about the replica may be kept and used, and much to spare
SECRETS = Path(os.environ.get("SECRETS_DIR", "/run/secrets"))


class Environment(BaseSettings):
    """Every environment variable the platform reads; `.env.example` lists them with their meaning."""

    model_config = SettingsConfigDict(
        env_file=os.environ.get("ENV_FILE") or (LOCAL_STORES_ENV, BASE_DIR / ".env"),
        secrets_dir=SECRETS if SECRETS.is_dir() else None,
        extra="ignore",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: Any,
        init_settings: Any,
        env_settings: Any,
        dotenv_settings: Any,
        file_secret_settings: Any,
    ) -> tuple[Any, ...]:
        return env_settings, file_secret_settings, dotenv_settings

    debug: bool = Field(default=False, description="Tracebacks and demo logins; never in production.")
    secret_key: SecretStr = Field(min_length=50, description="Signs sessions and tokens.")
    allowed_hosts: str = Field(default="localhost,127.0.0.1,[::1]", description="Comma-separated.")
    csrf_trusted_origins: str = Field(default="", description="Comma-separated origins, with scheme.")
    trusted_proxies: int = Field(default=0, ge=0, description="Proxies whose X-Forwarded-For counts.")
    log_level: str = Field(default="INFO", description="Level of our own loggers.")

    catalog_database_url: PostgresDsn = Field(description="Coordinator or plain PostgreSQL.")
    catalog_database_password: SecretStr
    analytics_database_url: PostgresDsn = Field(description="Primary; the publisher.")
    analytics_database_password: SecretStr
    analytics_replica_database_url: PostgresDsn = Field(description="The subscriber.")
    analytics_replica_database_password: SecretStr
    replication_password: SecretStr = Field(description="Of the role the subscriber connects as.")
    federation_password: SecretStr = Field(description="Of the read-only role the FDW connects as.")
    replication_slot: str = Field(
        default="analytics_sub",
        pattern="^[a-z0-9_]{1,63}$",
        description="Slot on the primary; one per server and subscription.",
    )

    mongodb_url: str = Field(description="mongodb://…/database")
    mongodb_user: str = Field(default="", description="Empty: no authentication.")
    mongodb_password: SecretStr = SecretStr("")
    cache_url: str = Field(description="redis://… of the evicting server.")
    cache_password: SecretStr = SecretStr("")
    state_url: str = Field(description="redis://… of the durable server.")
    state_password: SecretStr = SecretStr("")

    request_deadline_ms: int = Field(default=900, ge=50, description="An API request's time in all stores.")
    auth_deadline_ms: int = Field(
        default=5_000, ge=50, description="The same for register and token calls: hashing takes its time."
    )
    admin_deadline_ms: int = Field(default=30_000, ge=50, description="The same for admin pages.")
    cache_ttl_seconds: int = Field(default=60, ge=1, description="Longest age of cached bytes.")
    replica_lag_limit_seconds: int = Field(
        default=10, ge=1, description="A replica further behind the analytics primary is not read."
    )
    replica_token_seconds: int = Field(
        default=60, ge=1, description="How long a viewer's write is remembered; above the lag limit."
    )
    throttle_auth: str = Field(default="20/min", description="Token and register calls per address.")
    throttle_write: str = Field(default="600/min", description="Writes per viewer, else per address.")

    @field_validator("replica_token_seconds")
    @classmethod
    def outlives_lag(cls, seconds: int, info: ValidationInfo) -> int:
        """A token that ends before the replica is given up would let a viewer read past the own write."""
        limit = info.data.get("replica_lag_limit_seconds", 0)
        if seconds < limit + TOKEN_MARGIN_SECONDS:
            raise ValueError(f"{TOKEN_MARGIN_SECONDS} above REPLICA_LAG_LIMIT_SECONDS at least")
        return seconds


def read_environment() -> Environment:
    """The environment, or one error that lists every missing and malformed variable."""
    try:
        return Environment()  # type: ignore[call-arg]  # the values come from the environment
    except ValidationError as error:
        wrong = "; ".join(f"{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors())
        raise ImproperlyConfigured(
            f"{wrong}. Start the local stores (`make run`), or set the variables of .env.example."
        ) from None


ENV = read_environment()


def csv(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


DEBUG = ENV.debug
SECRET_KEY = ENV.secret_key.get_secret_value()
ALLOWED_HOSTS = csv(ENV.allowed_hosts)
CSRF_TRUSTED_ORIGINS = csv(ENV.csrf_trusted_origins)
ROOT_URLCONF = "streaming.urls"
WSGI_APPLICATION = "streaming.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False  # the API has none; the admin's patterns carry their own

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "streaming.stores",
    "streaming.api",
    "catalog",
    "analytics",
    "reviews",
    "trending",
    "streaming.gateway",
]

MIDDLEWARE = [
    "streaming.api.middleware.request_deadline",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "streaming.api.middleware.ApiEnvelope",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- stores ---------------------------------------------------------------------------------------


# Citus opens more connections to a worker while a query's tasks take longer than this, and closes them after it.
# At its 10 ms a busy server spends its time on logging in; plain PostgreSQL takes the name for one it does not know.
PATIENT_FAN_OUT = "-c citus.executor_slow_start_interval=100ms"


def database(url: PostgresDsn, password: SecretStr, **options: str) -> dict[str, Any]:
    """Django's entry for one PostgreSQL. Connections stay open: a first statement on a new one costs 10 ms."""
    host = url.hosts()[0]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": (url.path or "").lstrip("/"),
        "USER": host["username"],
        "PASSWORD": password.get_secret_value(),
        "HOST": host["host"],
        "PORT": host["port"],
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 2, "application_name": "streaming", **options},
    }


DATABASES = {
    "default": database(ENV.analytics_database_url, ENV.analytics_database_password),
    "catalog": database(ENV.catalog_database_url, ENV.catalog_database_password, options=PATIENT_FAN_OUT),
    "analytics_replica": database(
        ENV.analytics_replica_database_url, ENV.analytics_replica_database_password
    ),
}
DATABASE_ROUTERS = ["streaming.stores.router.StoreRouter"]
REPLICATION_PASSWORD = ENV.replication_password.get_secret_value()
REPLICATION_SLOT = ENV.replication_slot
REPLICA_LAG_LIMIT_SECONDS = ENV.replica_lag_limit_seconds
REPLICA_TOKEN_SECONDS = ENV.replica_token_seconds
FEDERATION_PASSWORD = ENV.federation_password.get_secret_value()

MONGODB_URL = ENV.mongodb_url
MONGODB_USER = ENV.mongodb_user
MONGODB_PASSWORD = ENV.mongodb_password.get_secret_value()
STATE_URL = ENV.state_url
STATE_PASSWORD = ENV.state_password.get_secret_value()

CACHE_TTL_SECONDS = ENV.cache_ttl_seconds
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": ENV.cache_url,
        "KEY_FUNCTION": "streaming.stores.cache.key_as_published",
        "OPTIONS": {
            "PASSWORD": ENV.cache_password.get_secret_value() or None,
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",  # never the default pickle
            "SOCKET_CONNECT_TIMEOUT": 0.1,
            "SOCKET_TIMEOUT": 0.1,
        },
    }
}

# By the start of the path, the first that fits; the last is for the admin and all other pages.
DEADLINES = {
    "/api/v1/auth/": timedelta(milliseconds=ENV.auth_deadline_ms),
    "/api/": timedelta(milliseconds=ENV.request_deadline_ms),
    "/": timedelta(milliseconds=ENV.admin_deadline_ms),
}

# --- people ---------------------------------------------------------------------------------------

AUTH_USER_MODEL = "analytics.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SECURE_CONTENT_TYPE_NOSNIFF = True
# TLS ends at the proxy, which also redirects and sets HSTS.
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]
# Only a proxy of ours may say that the client's side of it was TLS.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.trusted_proxies else None
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "CHECK_USER_IS_ACTIVE": True,
    "CHECK_REVOKE_TOKEN": True,  # a changed password ends access tokens; refresh tokens: analytics.tokens
    "USER_ID_FIELD": "user_id",
    "USER_ID_CLAIM": "sub",
}

# --- API ------------------------------------------------------------------------------------------

TRUSTED_PROXIES = ENV.trusted_proxies
THROTTLE_RATES = {"auth": ENV.throttle_auth, "write": ENV.throttle_write}
API_BODY_LIMIT = 64 * 1024
# The fullest page of a title in the admin. Of bytes: 500 episodes (catalog.admin.runs.SHOWN) with summaries of 3,000
# letters, of which a browser makes six bytes each where they are not Latin. Of fields: as many seasons, episodes and
# places in other orders as one form takes (catalog.admin.rows.MOST_ROWS).
DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 30_000
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["streaming.api.authentication.ViewerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["streaming.api.codecs.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["streaming.api.codecs.OrjsonParser"],
    "DEFAULT_SCHEMA_CLASS": "streaming.api.schema.ProblemAwareSchema",
    "EXCEPTION_HANDLER": "streaming.api.problems.exception_to_problem",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Streaming Metadata Platform",
    "VERSION": "1.0.0",
    "DESCRIPTION": "What there is to watch, who watched what, what people say of it, what is hot.",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
}

# --- the rest -------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static"
WHITENOISE_USE_FINDERS = True  # no collectstatic step; the image's build runs one all the same
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        **{
            package: {"handlers": ["stderr"], "level": ENV.log_level}
            for package in ("streaming", "catalog", "analytics", "reviews", "trending")
        },
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
    },
}
