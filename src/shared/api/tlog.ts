import { Type } from 'typebox'
import { endpoint } from './endpoint.ts'

/** Answers text/plain: the newest sealed checkpoint as a signed note (C2SP tlog-checkpoint). */
export const getTlogCheckpoint = endpoint({
  method: 'GET',
  url: '/tlog/checkpoint',
  config: { permission: 'tlog.read' },
  schema: {
    summary: 'The newest signed checkpoint, for independent monitors',
    tags: ['tlog'],
    querystring: Type.Object({}),
  },
})

/** Answers application/octet-stream: a tile of hashes or a bundle of entries (C2SP tlog-tiles). */
export const getTlogTile = endpoint({
  method: 'GET',
  url: '/tlog/tile/*',
  config: { permission: 'tlog.read' },
  schema: {
    summary: 'A tile: <level>/<index>[.p/<width>] or entries/<index>[.p/<width>]',
    tags: ['tlog'],
    params: Type.Object({ '*': Type.String({ maxLength: 100 }) }),
  },
})
