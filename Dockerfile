# One image for every part of Bayboard; docker-compose.yml says which command each container runs.

FROM python:3.13.14-slim-trixie AS build
WORKDIR /src
ENV VIRTUAL_ENV=/opt/bayboard UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1

# uv itself comes from the lock too: its lines are what pip is given.
COPY requirements.lock pyproject.toml ./
RUN awk '/^[^ ]/ {ours = /^uv==/} ours' requirements.lock \
    | pip install --no-cache-dir --no-deps --require-hashes --requirement /dev/stdin \
    && python -m venv --without-pip /opt/bayboard

# As constraints the lock pins and hash-checks what is installed, and leaves out the developers' tools.
RUN uv pip install --no-build --constraint requirements.lock --requirement pyproject.toml

COPY . .
RUN uv pip install --no-deps --build-constraint requirements.lock .


FROM python:3.13.14-slim-trixie
# A new volume takes its owner from here: on /access the broker's user, which runs `bayboard device access`.
RUN useradd --system --uid 10001 --no-create-home bayboard \
    && install --directory --owner 1883 --mode 0700 /access \
    && install --directory --owner 10001 --mode 0700 /var/lib/bayboard
COPY --from=build /opt/bayboard /opt/bayboard
# PYTHONSAFEPATH: nothing in the working directory can pass for one of our packages.
ENV PATH=/opt/bayboard/bin:$PATH PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 BAYBOARD_LOG_FORMAT=json
USER 10001
WORKDIR /tmp
CMD ["bayboard", "--help"]
