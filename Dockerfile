# Builds with the same script as everybody. Tests read this file and do not build it.
FROM node:22-bookworm-slim AS node

FROM rust:1.95-bookworm AS build
# Debian's Node.js is older than the one that the script needs.
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
WORKDIR /src
COPY . .
RUN ./dev build

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin rollcall \
  && install --directory --owner=rollcall --group=rollcall /data
COPY --from=build /src/target/release/rollcall /usr/local/bin/rollcall
ENV DATABASE_URL=sqlite:///data/app.db ROLLCALL_ADDR=0.0.0.0:3000 ROLLCALL_AUTH=login
USER rollcall
WORKDIR /data
VOLUME ["/data"]
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/3000 && printf 'GET /healthz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.. 200' <&3"]
CMD ["rollcall"]
