# Builds with the same script as everybody; not exercised by the tests.
FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends nodejs npm && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN ./dev build

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/target/release/rollcall /usr/local/bin/rollcall
ENV DATABASE_URL=sqlite:///data/app.db ROLLCALL_ADDR=0.0.0.0:3000 ROLLCALL_AUTH=login
VOLUME ["/data"]
EXPOSE 3000
CMD ["rollcall"]
