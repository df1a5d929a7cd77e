# One image for every process; compose.yaml says which command each container runs.
# BASE is any Debian or Ubuntu with Python 3.11 or newer as python3, its venv module and CA certificates.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
ENV UV_PROJECT_ENVIRONMENT=/opt/warp2api \
    UV_PYTHON_PREFERENCE=only-system UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir --quiet --disable-pip-version-check uv
WORKDIR /src
# The dependencies change less often than the code.
COPY pyproject.toml uv.lock ./
RUN /opt/uv/bin/uv sync --frozen --no-dev --extra otel --no-install-project --quiet
COPY . .
RUN /opt/uv/bin/uv sync --frozen --no-dev --extra otel --no-editable --quiet

FROM ${BASE}
# The folder of files and results is a volume's to cover, and takes its owner from here.
RUN useradd --system --uid 10001 --home-dir /var/lib/warp2api --create-home warp2api \
    && install -d -o warp2api /var/lib/warp2api/files
COPY --from=build /opt/warp2api /opt/warp2api
ENV PATH=/opt/warp2api/bin:$PATH WARP2API_HOME=/var/lib/warp2api PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /var/lib/warp2api
STOPSIGNAL SIGTERM
ENTRYPOINT ["warp2api"]
CMD ["api"]
