import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { TestArchive } from '#test/support/open-archive.ts'

/** The file of an object's first version, made writable: what whoever owns the disk can do. */
async function objectFile(archive: TestArchive, key: string): Promise<string> {
  const folder = join(archive.objectDirectory, `${key}~`)
  const version = (await readdir(folder)).find((name) => /^\d{8}-[0-9a-f-]{36}$/.test(name))!
  await chmod(folder, 0o755)
  await chmod(join(folder, version), 0o644)
  return join(folder, version)
}

async function rewriteLines(archive: TestArchive, key: string, change: (lines: string[]) => string[]): Promise<void> {
  const file = await objectFile(archive, key)
  const lines = zstdDecompressSync(await readFile(file))
    .toString('utf8')
    .trimEnd()
    .split('\n')
  await writeFile(
    file,
    zstdCompressSync(
      Buffer.from(
        change(lines)
          .map((line) => `${line}\n`)
          .join(''),
      ),
    ),
  )
}

/** What somebody can do to a bucket of the entries 0 to 8 in three seals, and what a verification says of it. */
export const bucketAttacks: {
  name: string
  attack: (archive: TestArchive) => Promise<void>
  finds: { kind: string; logIndex: number | null }[]
}[] = [
  {
    name: 'a byte of an entry is flipped',
    attack: (archive) =>
      rewriteLines(archive, 'entries/000000000003-000000000006.jsonl.zst', (lines) =>
        lines.map((line, at) => (at === 1 ? line.replace('"v":1', '"v":2') : line)),
      ),
    finds: [
      { kind: 'root_differs', logIndex: 3 },
      { kind: 'leaf_differs', logIndex: 4 },
    ],
  },
  {
    name: 'an entry is written as the same JSON in another form',
    attack: (archive) =>
      rewriteLines(archive, 'entries/000000000003-000000000006.jsonl.zst', (lines) =>
        lines.map((line, at) => (at === 1 ? line.replace('"v":1', '"v": 1') : line)),
      ),
    finds: [
      { kind: 'root_differs', logIndex: 3 },
      { kind: 'leaf_differs', logIndex: 4 },
    ],
  },
  {
    name: 'an entry is dropped',
    attack: (archive) =>
      rewriteLines(archive, 'entries/000000000003-000000000006.jsonl.zst', (lines) => lines.toSpliced(1, 1)),
    finds: [{ kind: 'bad_entry', logIndex: 4 }],
  },
  {
    name: 'an entry is added',
    attack: (archive) =>
      rewriteLines(archive, 'entries/000000000003-000000000006.jsonl.zst', (lines) => [...lines, lines[2]!]),
    finds: [{ kind: 'bad_entry', logIndex: 6 }],
  },
  {
    name: 'two entries change places',
    attack: (archive) =>
      rewriteLines(archive, 'entries/000000000003-000000000006.jsonl.zst', ([a, b, c]) => [b!, a!, c!]),
    finds: [{ kind: 'bad_entry', logIndex: 3 }],
  },
  {
    name: 'two entries change places and numbers',
    attack: (archive) =>
      rewriteLines(archive, 'entries/000000000003-000000000006.jsonl.zst', ([a, b, c]) => [
        b!.replace('"n":4', '"n":3'),
        a!.replace('"n":3', '"n":4'),
        c!,
      ]),
    finds: [
      { kind: 'stream_gap', logIndex: 3 },
      { kind: 'stream_gap', logIndex: 4 },
      { kind: 'stream_gap', logIndex: 5 },
      { kind: 'root_differs', logIndex: 3 },
      { kind: 'leaf_differs', logIndex: 3 },
      { kind: 'leaf_differs', logIndex: 4 },
    ],
  },
  {
    name: 'the last entries of a file are cut off',
    attack: (archive) =>
      rewriteLines(archive, 'entries/000000000006-000000000009.jsonl.zst', (lines) => lines.slice(0, 1)),
    finds: [{ kind: 'entries_truncated', logIndex: 7 }],
  },
  {
    name: 'a file of entries is shortened in the middle of its bytes',
    attack: async (archive) => {
      const file = await objectFile(archive, 'entries/000000000006-000000000009.jsonl.zst')
      await writeFile(file, (await readFile(file)).subarray(0, 40))
    },
    finds: [{ kind: 'entries_missing', logIndex: 6 }],
  },
  {
    name: 'a body is rewritten',
    attack: (archive) =>
      rewriteLines(archive, 'bodies/mifid-7y/2033-04/000000000006.jsonl.zst', (lines) =>
        lines.map((line) => line.replace('number 5', 'number 6')),
      ),
    finds: [{ kind: 'body_differs', logIndex: 5 }],
  },
  {
    name: 'a body is dropped',
    attack: (archive) =>
      rewriteLines(archive, 'bodies/mifid-7y/2033-04/000000000006.jsonl.zst', (lines) => lines.slice(1)),
    finds: [{ kind: 'body_missing', logIndex: 3 }],
  },
  {
    name: 'bodies are swapped between two entries',
    attack: (archive) =>
      rewriteLines(archive, 'bodies/mifid-7y/2033-04/000000000006.jsonl.zst', ([a, b, c]) => {
        const cut = (line: string) => line.slice(line.indexOf('"salt"'))
        const head = (line: string) => line.slice(0, line.indexOf('"salt"'))
        return [head(a!) + cut(b!), head(b!) + cut(a!), c!]
      }),
    finds: [
      { kind: 'body_differs', logIndex: 3 },
      { kind: 'body_differs', logIndex: 4 },
    ],
  },
  {
    name: 'a body is given the id of another record',
    attack: (archive) =>
      rewriteLines(archive, 'bodies/mifid-7y/2033-04/000000000006.jsonl.zst', ([a, b, c]) => [
        a!.replace(/"id":"[^"]*"/, /"id":"[^"]*"/.exec(b!)![0]),
        b!,
        c!,
      ]),
    finds: [
      { kind: 'body_unknown', logIndex: 3 },
      { kind: 'body_missing', logIndex: 3 },
    ],
  },
  {
    name: 'a body of no entry is added',
    attack: (archive) =>
      rewriteLines(archive, 'bodies/mifid-7y/2033-04/000000000006.jsonl.zst', (lines) => [
        ...lines,
        lines[2]!.replace('"n":5', '"n":6'),
      ]),
    finds: [{ kind: 'body_unknown', logIndex: 6 }],
  },
  {
    name: 'a whole file of bodies is removed',
    attack: (archive) =>
      rm(join(archive.objectDirectory, 'bodies/mifid-7y/2033-04/000000000006.jsonl.zst~'), { recursive: true }),
    finds: [3, 4, 5].map((logIndex) => ({ kind: 'body_missing', logIndex })),
  },
  {
    name: 'a file of bodies is shortened in the middle of its bytes',
    attack: async (archive) => {
      const file = await objectFile(archive, 'bodies/mifid-7y/2033-04/000000000006.jsonl.zst')
      await writeFile(file, (await readFile(file)).subarray(0, 40))
    },
    finds: [
      { kind: 'bodies_unreadable', logIndex: 3 },
      ...[3, 4, 5].map((logIndex) => ({ kind: 'body_missing', logIndex })),
    ],
  },
  {
    name: 'a line is put among the bodies that is none',
    attack: (archive) =>
      rewriteLines(archive, 'bodies/mifid-7y/2033-04/000000000006.jsonl.zst', (lines) => ['{}', ...lines]),
    finds: [{ kind: 'body_differs', logIndex: 3 }],
  },
  {
    name: 'entries are put there that no checkpoint promises, beside what may be a seal in progress',
    attack: async ({ objectStore }) => {
      for (const key of ['entries/000000000004-000000000006.jsonl.zst', 'entries/000000000009-000000000012.jsonl.zst'])
        await objectStore.put(key, Buffer.from('x'), '2033-04-01T00:00:00.000Z')
    },
    finds: [{ kind: 'stray_object', logIndex: 4 }],
  },
  {
    name: 'a checkpoint is edited without the key',
    attack: async (archive) => {
      const file = await objectFile(archive, 'checkpoint/000000/000000000006')
      await writeFile(file, (await readFile(file, 'utf8')).replace('2026-03-02T09', '2026-03-02T08'))
    },
    finds: [
      { kind: 'bad_checkpoint', logIndex: null },
      { kind: 'forked', logIndex: 5 },
    ],
  },
  {
    name: 'the newest checkpoint is removed',
    attack: (archive) => rm(join(archive.objectDirectory, 'checkpoint/000000/000000000009~'), { recursive: true }),
    finds: [{ kind: 'bucket_behind', logIndex: 6 }],
  },
]
