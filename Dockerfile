# One image for every part; compose.yaml says which part a container runs.
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DATA_DIR=/data
RUN useradd --create-home --uid 10001 cohorts \
    && install --directory --owner cohorts --group cohorts /data
WORKDIR /app
# requirements-engines.lock instead brings what datasets on ClickHouse and Spark need.
ARG LOCK=requirements.lock
COPY ${LOCK} .
RUN pip install --no-cache-dir --require-hashes -r ${LOCK}
COPY . .
USER cohorts
VOLUME /data
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "from launcher.product import answers; raise SystemExit(not answers(8000))"]
# Prepares the database and the static files, then serves.
CMD ["python", "run.py", "web", "--use-this-python", "--host", "0.0.0.0"]
