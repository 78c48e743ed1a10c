# The image of every service that runs the portal's code: web, workers and scheduler differ by their command alone.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
# What WeasyPrint loads to make PDFs, and PostgreSQL's programs for backups.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 postgresql-client \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements/server.txt requirements/server.txt
RUN pip install --require-hashes --requirement requirements/server.txt

COPY . .
# Fonts, translations and static files are part of the image; the data folder of this step is not.
RUN DATA_DIR=/tmp/build python manage.py prepare --only-files && rm -rf /tmp/build \
    && groupadd --gid 10001 portal && useradd --uid 10001 --gid 10001 --create-home portal \
    && install -d -o portal -g portal /data

USER 10001:10001
ENV DATA_DIR=/data
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--preload"]
