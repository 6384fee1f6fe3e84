import type { App } from '#server/platform/app-type.ts'
import type { Deps } from '#server/platform/deps.ts'
import * as contract from '#shared/api/exports.ts'
import { cancelExport } from './cancel-export.ts'
import { createExport } from './create-export.ts'
import { downloadExport } from './download-export.ts'
import { readExport, readExports } from './read-export.ts'

export function registerExportRoutes(app: App, deps: Pick<Deps, 'db' | 'clock' | 'config'>): void {
  app.route({
    ...contract.createExport,
    handler: async (request, reply) => reply.code(202).send(await createExport(deps, request.actor, request.body)),
  })
  app.route({ ...contract.listExports, handler: async (request) => readExports(deps.db, request.actor, request.query) })
  app.route({
    ...contract.getExport,
    handler: async (request) => readExport(deps.db, request.actor, request.params.exportId),
  })
  app.route({
    ...contract.cancelExport,
    handler: async (request) => cancelExport(deps, request.actor, request.params.exportId),
  })
  app.route({
    ...contract.downloadExport,
    handler: async (request, reply) => {
      const wish = { range: request.headers.range, ifRange: headerText(request.headers['if-range']) }
      const { status, headers, body } = await downloadExport(deps, request.actor, request.params.exportId, wish)
      return reply.code(status).headers(headers).send(body)
    },
  })
}

function headerText(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0]
}
