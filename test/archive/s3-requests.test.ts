import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import { it, type TestContext } from 'node:test'
import { openS3ObjectStore } from '#server/archive/s3-object-store.ts'
import { systemClock } from '#server/platform/clock.ts'
import { ObjectStoreError } from '#server/platform/object-store.ts'

// What AWS demands and radosgw does not enforce is asserted on the requests themselves.

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

const until = '2031-05-06T07:08:09.123Z'
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

/** A server that records requests and answers like a bucket which keeps one object. `fault` may answer first. */
async function openCapture(
  t: TestContext,
  fault: (seen: Seen, count: number, answer: ServerResponse) => boolean = () => false,
) {
  const seen: Seen[] = []
  const objects = new Map<string, { bytes: Buffer; headers: IncomingHttpHeaders }>()
  const server: Server = createServer((request, answer) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body }
      seen.push(one)
      if (fault(one, seen.length, answer)) return
      respond(one, objects, answer)
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const endpoint = `http://127.0.0.1:${port}`
  const settings = {
    endpoint,
    region: 'eu-west-3',
    bucket: 'b',
    accessKeyId: 'k',
    secretAccessKey: 's',
    partSize: 5_242_880,
  }
  const store = openS3ObjectStore(settings, systemClock)
  t.after(() => {
    store.close()
    server.closeAllConnections()
    server.close()
  })
  return { store, seen }
}

function respond(
  one: Seen,
  objects: Map<string, { bytes: Buffer; headers: IncomingHttpHeaders }>,
  answer: ServerResponse,
): void {
  const url = new URL(one.url, 'http://x')
  const key = decodeURIComponent(url.pathname.slice('/b/'.length))
  const object = objects.get(key)
  if (url.searchParams.has('versions')) {
    const version = (name: string) => `<Version><Key>${name}</Key><VersionId>v1</VersionId><Size>1</Size></Version>`
    answer.end(
      `<ListVersionsResult><IsTruncated>false</IsTruncated>${[...objects.keys()].map(version).join('')}</ListVersionsResult>`,
    )
  } else if (url.searchParams.has('uploads')) {
    objects.set(key, { bytes: Buffer.alloc(0), headers: one.headers })
    answer.end('<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>')
  } else if (one.method === 'POST') {
    answer.setHeader('x-amz-version-id', 'v1')
    answer.end('<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>')
  } else if (one.method === 'PUT') {
    const part = url.searchParams.has('partNumber')
    objects.set(key, {
      bytes: Buffer.concat([part ? (object?.bytes ?? Buffer.alloc(0)) : Buffer.alloc(0), one.body]),
      headers: part ? (object?.headers ?? {}) : one.headers,
    })
    answer.setHeader('x-amz-version-id', 'v1').setHeader('etag', '"e"').end()
  } else if (object === undefined) {
    answer.writeHead(404).end()
  } else {
    for (const name of [
      'x-amz-object-lock-mode',
      'x-amz-object-lock-retain-until-date',
      'x-amz-meta-sha256',
      'x-amz-checksum-sha256',
    ])
      if (object.headers[name] !== undefined) answer.setHeader(name, object.headers[name])
    answer.setHeader('content-length', object.bytes.length)
    answer.end(one.method === 'HEAD' ? undefined : object.bytes)
  }
}

it('puts with COMPLIANCE, a date that is not before the one asked for, a SHA-256 and If-None-Match', async (t) => {
  const { store, seen } = await openCapture(t)
  await store.put('a/b', Buffer.from('evidence'), until)
  const put = seen.find((one) => one.method === 'PUT')
  assert.equal(put?.headers['x-amz-object-lock-mode'], 'COMPLIANCE')
  assert.equal(put?.headers['x-amz-object-lock-retain-until-date'], '2031-05-06T07:08:10Z')
  assert.equal(put?.headers['x-amz-checksum-sha256'], sha256(Buffer.from('evidence')).toString('base64'))
  assert.equal(put?.headers['if-none-match'], '*')
  assert.ok(!('x-amz-trailer' in put.headers), 'no checksum trailer')
  assert.ok(!('x-amz-checksum-crc32' in put.headers), 'no checksum of another kind')
})

it('makes a lock longer on the pinned version, in COMPLIANCE, with a checksum and without going round the lock', async (t) => {
  const { store, seen } = await openCapture(t)
  await store.extend('media/a', 'v1', '2105-12-31T00:00:00.000Z')
  const [put] = seen
  assert.equal(put?.method, 'PUT')
  const url = new URL(put.url, 'http://x')
  assert.deepEqual([url.searchParams.has('retention'), url.searchParams.get('versionId')], [true, 'v1'])
  assert.match(put.body.toString(), /<Mode>COMPLIANCE<\/Mode>/)
  assert.match(put.body.toString(), /<RetainUntilDate>2105-12-31T00:00:00(\.000)?Z<\/RetainUntilDate>/)
  assert.ok(!('x-amz-bypass-governance-retention' in put.headers))
  const checksums = Object.keys(put.headers).filter((name) => /^(content-md5|x-amz-checksum-)/.test(name))
  assert.notEqual(checksums.length, 0, 'AWS refuses a change of a lock without one')
})

it('pins the version in every read and asks for the checksum', async (t) => {
  const { store, seen } = await openCapture(t)
  await store.put('a', Buffer.from('evidence'), until)
  await store.get('a')
  const reads = seen.filter((one) => ['GET', 'HEAD'].includes(one.method) && !one.url.includes('versions'))
  assert.ok(reads.length >= 3)
  for (const read of reads) assert.match(read.url, /versionId=v1/)
  assert.ok(reads.some((read) => read.headers['x-amz-checksum-mode'] === 'ENABLED'))
})

it('puts the lock on an upload in parts, and a SHA-256 on each part', async (t) => {
  const { store, seen } = await openCapture(t)
  const bytes = Buffer.alloc(11_000_000, 'abc')
  await store.put('large', bytes, until)
  const begun = seen.find((one) => one.method === 'POST' && one.url.includes('uploads'))
  assert.equal(begun?.headers['x-amz-object-lock-mode'], 'COMPLIANCE')
  assert.equal(begun?.headers['x-amz-object-lock-retain-until-date'], '2031-05-06T07:08:10Z')
  assert.equal(begun?.headers['x-amz-checksum-algorithm'], 'SHA256')
  const parts = seen.filter((one) => one.method === 'PUT')
  assert.equal(parts.length, 3)
  for (const [index, part] of parts.entries()) {
    const expected = sha256(bytes.subarray(index * 5_242_880, (index + 1) * 5_242_880)).toString('base64')
    assert.equal(part.headers['x-amz-checksum-sha256'], expected)
  }
})

it('refuses a put that the bucket stored without the lock, with another lock or with other bytes', async (t) => {
  const lies: Record<string, (answer: ServerResponse) => void> = {
    'without a compliance lock': (answer) =>
      answer.setHeader('content-length', 8).setHeader('x-amz-object-lock-mode', 'GOVERNANCE'),
    'ends too early': (answer) =>
      answer
        .setHeader('content-length', 8)
        .setHeader('x-amz-object-lock-mode', 'COMPLIANCE')
        .setHeader('x-amz-object-lock-retain-until-date', '2031-05-06T07:08:09Z'),
    'another length': (answer) =>
      answer
        .setHeader('content-length', 7)
        .setHeader('x-amz-object-lock-mode', 'COMPLIANCE')
        .setHeader('x-amz-object-lock-retain-until-date', '2031-05-06T07:08:10Z'),
  }
  for (const [sentence, lie] of Object.entries(lies)) {
    const { store } = await openCapture(t, (one, _count, answer) => {
      if (one.method !== 'HEAD') return false
      lie(answer)
      answer.end()
      return true
    })
    await assert.rejects(
      store.put('a', Buffer.from('evidence'), until),
      (error) => error instanceof ObjectStoreError && !error.retryable && error.message.includes(sentence),
    )
  }
})

it('retries a bucket that is busy, and says that a dead one may be retried', async (t) => {
  const busy = await openCapture(t, (_one, count, answer) => {
    if (count > 2) return false
    answer.writeHead(503).end('<Error><Code>SlowDown</Code></Error>')
    return true
  })
  assert.equal((await busy.store.put('a', Buffer.from('evidence'), until)).size, 8)
  const dead = await openCapture(t, (_one, _count, answer) => {
    answer.writeHead(500).end('<Error><Code>InternalError</Code></Error>')
    return true
  })
  await assert.rejects(
    dead.store.put('a', Buffer.from('x'), until),
    (error) => error instanceof ObjectStoreError && error.retryable,
  )
})
