# The service, as an ordinary user, with nothing secret inside. Built and run by docker-compose.yml.
FROM python:3.11.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY triage triage
COPY classifiers classifiers
COPY rules rules
COPY migrations migrations
RUN python -m venv /opt/triage \
    && PIP_CONSTRAINT=constraints.txt /opt/triage/bin/pip install --no-cache-dir --disable-pip-version-check .

FROM python:3.11.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/triage --create-home triage
COPY --from=build /opt/triage /opt/triage
ENV PATH=/opt/triage/bin:$PATH PYTHONUNBUFFERED=1 TRIAGE_CONFIG=/etc/triage/triage.yaml
USER triage
WORKDIR /var/lib/triage
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["triage", "health"]
ENTRYPOINT ["triage"]
CMD ["run"]
