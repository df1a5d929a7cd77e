# One image for every process; compose.yaml says which command each container runs.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 UV_PYTHON_DOWNLOADS=never PATH=/app/.venv/bin:$PATH
WORKDIR /app
RUN pip install --no-cache-dir uv

# The dependencies change less often than the code.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --no-install-project --no-cache

COPY . .
RUN uv sync --frozen --no-dev --no-editable --no-cache

RUN useradd --system --create-home warp2api
USER warp2api
WORKDIR /home/warp2api
ENTRYPOINT ["warp2api"]
CMD ["api"]
