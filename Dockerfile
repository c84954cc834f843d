FROM debian:bookworm-slim AS build
WORKDIR /retail-pulse
COPY scripts/install-deps scripts/packages.txt scripts/
RUN scripts/install-deps build node
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY src src
COPY actors actors
COPY api api
COPY http http
COPY data data
COPY scripts/common.sh scripts/install-docs scripts/
RUN scripts/install-docs
RUN cmake --preset release -D RETAIL_PULSE_SIMULATOR=OFF && cmake --build build/release --parallel 2

FROM debian:bookworm-slim
COPY scripts/install-deps scripts/packages.txt /tmp/scripts/
RUN /tmp/scripts/install-deps run && rm -rf /tmp/scripts /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin retail-pulse \
 && install -d -o retail-pulse -g retail-pulse /data
COPY --from=build /retail-pulse/build/release/retail-pulse /usr/bin/retail-pulse
COPY --from=build /retail-pulse/build/docs /usr/share/retail-pulse/docs
COPY data/StoreMasterAssignment.csv data/sample-job.json /usr/share/retail-pulse/
COPY data/sample-images /usr/share/retail-pulse/sample-images
ENV RETAIL_PULSE_BIND=0.0.0.0 \
    RETAIL_PULSE_STORE_MASTER=/usr/share/retail-pulse/StoreMasterAssignment.csv \
    RETAIL_PULSE_STORAGE=sqlite:/data/retail-pulse.db \
    RETAIL_PULSE_LOG_FILE=/data/retail-pulse.log
USER retail-pulse
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["retail-pulse", "health"]
ENTRYPOINT ["retail-pulse"]
CMD ["serve"]
