# Two stages: the first builds the environment from the lock file, the second runs it as a user without rights.
FROM python:3.12-slim-bookworm AS build
COPY requirements/run.txt /src/requirements/run.txt
RUN python -m venv /opt/nonmun \
    && /opt/nonmun/bin/pip install --no-cache-dir --require-hashes -r /src/requirements/run.txt
COPY . /src
RUN /opt/nonmun/bin/pip install --no-cache-dir --no-deps --no-build-isolation /src

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin nonmun \
    && install --directory --owner nonmun --group nonmun --mode 0700 /data /cache
COPY --from=build /opt/nonmun /opt/nonmun
ENV PATH=/opt/nonmun/bin:$PATH PYTHONDONTWRITEBYTECODE=1 \
    NONMUN_DATA=/data NONMUN_CACHE=/cache NONMUN_HOST=0.0.0.0 NONMUN_HTTP__LOG=json
# A number, so that an orchestrator can tell that it is not root.
USER 10001
WORKDIR /data
VOLUME ["/data", "/cache"]
EXPOSE 8765
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8765/readyz', timeout=4)"]
ENTRYPOINT ["nonmun"]
CMD ["serve"]
