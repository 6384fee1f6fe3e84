// A witness written from c2sp.org/tlog-witness, tlog-cosignature, signed-note and RFC 6962 section 2.1.2 alone. It shares no
// code with the log that it watches: its own parser, its own proof check (by the RFC's recursion), its own key.
import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { createServer } from 'node:http'

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
const node = (left, right) => sha256(Buffer.of(1), left, right)
const largestPowerBelow = (n) => 2 ** Math.floor(Math.log2(n - 1))

/** SUBPROOF of RFC 6962, read backwards: takes hashes from the end of the proof and answers old and new subtree roots. */
function roots(m, n, proof, isWhole, oldRoot) {
  if (m === n) {
    const root = isWhole ? oldRoot : proof.pop()
    return [root, root]
  }
  const k = largestPowerBelow(n)
  if (m <= k) {
    const right = proof.pop()
    const [oldLeft, newLeft] = roots(m, k, proof, isWhole, oldRoot)
    return [oldLeft, node(newLeft, right)]
  }
  const left = proof.pop()
  const [oldRight, newRight] = roots(m - k, n - k, proof, false, oldRoot)
  return [node(left, oldRight), node(left, newRight)]
}

function isConsistent(oldSize, newSize, proof, oldRoot, newRoot) {
  if (oldSize === 0) return proof.length === 0
  if (oldSize === newSize) return proof.length === 0 && oldRoot.equals(newRoot)
  try {
    const rest = [...proof]
    const [one, other] = roots(oldSize, newSize, rest, true, oldRoot)
    return rest.length === 0 && one.equals(oldRoot) && other.equals(newRoot)
  } catch {
    return false
  }
}

function keyId(name, type, key) {
  return sha256(Buffer.from(`${name}\n`), Buffer.of(type), key).subarray(0, 4)
}

/** Starts a witness that knows the given logs (verifier keys). Answers its address, its key and what it knows. */
export async function startWitness(name, logKeys) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  const id = keyId(name, 4, raw)
  const logs = new Map(
    logKeys.map((text) => {
      const at = text.indexOf('+')
      return [text.slice(0, at), Buffer.from(text.slice(text.indexOf('+', at + 1) + 1), 'base64').subarray(1)]
    }),
  )
  const known = new Map()
  const requests = []

  function addCheckpoint(body) {
    const [, old, proofText, note] = /^old (0|[1-9]\d*)\n((?:[A-Za-z0-9+/]{43}=\n){0,63})\n(.*)$/s.exec(body) ?? []
    const [text, signatures] =
      note === undefined ? [] : [note.slice(0, note.indexOf('\n\n') + 1), note.slice(note.indexOf('\n\n') + 2)]
    if (text === undefined) return [400]
    const [origin, sizeText, rootText] = text.split('\n')
    const logKey = logs.get(origin)
    if (logKey === undefined) return [404]
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), logKey])
    const isSigned = signatures.split('\n').some((line) => {
      const [dash, who, blob] = line.split(' ')
      const bytes = Buffer.from(blob ?? '', 'base64')
      if (dash !== '\u2014' || who !== origin || !bytes.subarray(0, 4).equals(keyId(origin, 1, logKey))) return false
      return verify(
        null,
        Buffer.from(text),
        createPublicKey({ key: spki, format: 'der', type: 'spki' }),
        bytes.subarray(4),
      )
    })
    if (!isSigned) return [403]
    const [oldSize, size, root] = [Number(old), Number(sizeText), Buffer.from(rootText, 'base64')]
    if (oldSize > size) return [400]
    const last = known.get(origin) ?? { size: 0, root: sha256() }
    if (last.size !== oldSize || (oldSize === size && !last.root.equals(root)))
      return [409, `${last.size}\n`, 'text/x.tlog.size']
    const proof = proofText
      .split('\n')
      .slice(0, -1)
      .map((line) => Buffer.from(line, 'base64'))
    if (!isConsistent(oldSize, size, proof, last.root, root)) return [422]
    known.set(origin, { size, root })
    const time = Buffer.alloc(8)
    const seconds = 1_772_442_000
    time.writeBigUInt64BE(BigInt(seconds))
    const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`), privateKey)
    return [200, `\u2014 ${name} ${Buffer.concat([id, time, signature]).toString('base64')}\n`, 'text/plain']
  }

  let isAway = false
  const answer = async (request, response) => {
    const chunks = await Array.fromAsync(request)
    const body = Buffer.concat(chunks).toString('utf8')
    requests.push(body)
    const [status, text = '', type = 'text/plain'] = isAway
      ? [503]
      : request.method === 'POST' && request.url === '/w/add-checkpoint'
        ? addCheckpoint(body)
        : [404]
    response.writeHead(status, { 'content-type': type }).end(text)
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  server.unref() // where a test's earlier hook fails, its file ends all the same
  return {
    url: `http://127.0.0.1:${server.address().port}/w`,
    verifierKey: `${name}+${id.toString('hex')}+${Buffer.concat([Buffer.of(4), raw]).toString('base64')}`,
    known,
    requests,
    setAway: (away) => void (isAway = away),
    stop: () => new Promise((done) => server.close(done)),
  }
}
