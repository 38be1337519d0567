# The image of `web`, `worker` and `migrate`: the platform and its packages, no compiler, no store, no secret.
FROM python:3.13.15-slim-trixie AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
WORKDIR /app
COPY requirements.txt constraints.txt ./
RUN pip install -r requirements.txt -c constraints.txt
COPY . .
# collectstatic reads settings and reaches no store: the example's values will do, and go no further.
RUN ENV_FILE=.env.example python manage.py collectstatic --no-input \
    && rm .env.example \
    && python -m compileall -q .

FROM python:3.13.15-slim-trixie
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin streaming \
    && install -d -o streaming /run/metrics
COPY --from=build /venv /venv
COPY --from=build /app /app
# Metrics of all the server's processes are added up from files in this folder (streaming/api/health.py).
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PROMETHEUS_MULTIPROC_DIR=/run/metrics
WORKDIR /app
USER streaming
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --start-interval=2s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "4", "--respawn-failed-workers", "--workers-kill-timeout", "10", \
     "--log-level", "warning", "streaming.wsgi:application"]
