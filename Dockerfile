# One image for both: `docker compose up` serves HTTP, `docker run -i … stdio` runs MCP over stdio.

FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source

# Downloads all pinned packages and checks their hashes, then installs only those that the server
# needs. Nothing is resolved again, and nothing is compiled from source.
COPY constraints.txt ./
# hadolint ignore=DL3013 # the folder has one version of each package, the pinned one
RUN pip download --quiet --only-binary :all: --require-hashes --dest /wheels --requirement constraints.txt \
    && pip install --quiet --no-index --find-links /wheels hatchling

COPY pyproject.toml README.md LICENSE ./
COPY domain domain
COPY application application
COPY adapters adapters
COPY entrypoints entrypoints
# hadolint ignore=DL3013 # as above
RUN pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir /wheels . \
    && python -m venv --without-pip /app \
    && pip --python /app/bin/python install --quiet --no-compile --no-index --find-links /wheels mcp-server-gpt-image \
    && /app/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /app/lib \
    && /app/bin/python -c "import asyncio, mcp_server_gpt_image; from entrypoints.mcp.greeter.recorder import record; asyncio.run(record())"


FROM python:3.13-slim-bookworm
# By default glibc returns every large buffer at once, and page faults dominate: base64 and JSON of
# images were 4 times slower, at the same peak memory.
ENV MALLOC_MMAP_THRESHOLD_=67108864 \
    MALLOC_TRIM_THRESHOLD_=268435456 \
    MALLOC_TOP_PAD_=16777216 \
    PATH=/app/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=3000 \
    OUTPUT_DIR=/pictures \
    DATA_DIR=/data \
    CACHE_DIR=/cache
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin app \
    && install --directory --owner app --group app --mode 0700 /pictures /data /cache
COPY --from=build /app /app
USER 10001
WORKDIR /data
VOLUME ["/pictures", "/data", "/cache"]
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-Ic", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(p if (p := os.environ.get('GPT_IMAGE_PORT', '')).isdigit() else os.environ['PORT']), timeout=4); c.request('GET', '/livez'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["mcp-server-gpt-image"]
CMD ["http"]
