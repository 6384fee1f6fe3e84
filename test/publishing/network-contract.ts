import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { AppError } from '#server/platform/app-error.ts'
import {
  NetworkError,
  type Network,
  type NetworkAccount,
  type NextStep,
  type RenderInput,
} from '#server/platform/network.ts'

/** A network under test. Everything is asked for inside the tests, so that a peer may be started before them. */
export interface ContractSubject {
  readonly network: () => Network
  readonly account: () => NetworkAccount
  /** The same account with a credential that the network refuses. */
  readonly refusedAccount: () => NetworkAccount
  /** An image that the network accepts. */
  readonly image: () => { bytes: Uint8Array; mimeType: string }
  /** False for a network that would make a second post of the same payload. */
  readonly repeatable?: boolean
  /** False for a network that shows links in the text only, and refuses others. */
  readonly linkCards?: boolean
  /** False for a server that cannot delete: it has to say so, never to pretend. */
  readonly deletes?: boolean
  /** The part of a payload that is sent as it stands; the whole of it when absent. */
  readonly sentBytes?: (payload: string) => string
  /** A text that is one character too long. */
  readonly tooLong: string
}

export function renderInput(text: string, more: Partial<RenderInput> = {}): RenderInput {
  return { publicationKey: randomUUID(), text, links: [], media: [], ...more }
}

export async function assertNextStep(call: Promise<unknown>, nextStep: NextStep): Promise<NetworkError> {
  let thrown: unknown
  await assert.rejects(call, (error) => ((thrown = error), true))
  assert.ok(thrown instanceof NetworkError, String(thrown))
  assert.equal(thrown.nextStep, nextStep, thrown.message)
  return thrown
}

const releasedAt = '2026-03-01T09:30:00.000Z'
const noMedia = async (): Promise<Uint8Array> => assert.fail('no media was approved')
const words =
  'Bonjour à tous 👩‍👩‍👧, our results: https://example.com/results?q=1 #transparence\n\nSecond paragraph — “quoted”.'

/** What every adapter of the `Network` port owes its callers. */
export function testNetworkContract(name: string, subject: ContractSubject): void {
  const keyed = subject.repeatable !== false
  // Each post says something of its own: not every network has a key of ours to find it by.
  const prepare = (more: Partial<RenderInput> = {}, text = `${words} ${randomUUID()}`) => {
    const network = subject.network()
    const account = subject.account()
    const payload = network.stamp(network.render(renderInput(text, more), account), releasedAt)
    return { network, account, text, payload }
  }

  describe(`the network contract, kept by ${name}`, () => {
    it('renders and stamps the same bytes for the same content, without a network', () => {
      const { network, account, text } = prepare()
      const input = renderInput(text, { language: 'fr' })
      const payload = network.render(input, account)
      assert.equal(network.render({ ...input }, { ...account }), payload)
      assert.equal(network.stamp(payload, releasedAt), network.stamp(payload, releasedAt))
      assert.notEqual(network.stamp(payload, releasedAt), network.stamp(payload, '2026-03-01T09:30:00.001Z'))
      assert.ok(!payload.includes(releasedAt))
      assert.ok(!network.stamp(payload, releasedAt).includes(account.credential), 'a payload carries no credential')
    })

    it('renders another payload for another text, key, language, link or image', () => {
      const { network, account, text } = prepare()
      const image = {
        mediaId: randomUUID(),
        sha256: '0'.repeat(64),
        mimeType: 'image/png',
        size: 10,
        altText: 'A chart',
      }
      const base = renderInput(text, { language: 'fr', media: [image] })
      const others: RenderInput[] = [
        { ...base, text: `${text}.` },
        { ...base, publicationKey: randomUUID() },
        { ...base, language: 'en' },
        { ...base, media: [] },
        { ...base, media: [{ ...image, sha256: '1'.repeat(64) }] },
        { ...base, media: [{ ...image, altText: 'Another chart' }] },
        ...(subject.linkCards === false ? [] : [{ ...base, media: [], links: [{ url: 'https://example.org/other' }] }]),
      ]
      const payloads = [base, ...others].map((input) => network.render(input, account))
      assert.equal(new Set(payloads).size, payloads.length)
    })

    it('refuses to render what the network would not take', () => {
      const { network, account } = prepare()
      for (const content of [subject.tooLong, '', ' \n ']) {
        assert.throws(
          () => network.render(renderInput(content), account),
          (error) => error instanceof AppError && error.code === 'unprocessable',
        )
      }
    })

    it('publishes, and reads back the text that was approved', async () => {
      const { network, account, text, payload } = prepare({ language: 'fr' })
      const published = await network.publish(account, payload, noMedia)
      assert.ok(URL.canParse(published.permalink))
      assert.ok(
        Buffer.from(published.requestBytes).includes((subject.sentBytes ?? String)(payload)),
        'the evidence holds the payload byte for byte',
      )
      assert.ok(published.responseBytes.length > 0)
      const captured = await network.capture(account, published.remoteId)
      assert.equal(captured?.text, text)
      assert.equal(captured?.remoteId, published.remoteId)
      assert.equal(captured?.permalink, published.permalink)
    })

    it('finds what it published, and certainly nothing before that', async () => {
      const { network, account, text, payload } = prepare()
      assert.equal(await network.find(account, payload), undefined)
      const published = await network.publish(account, payload, noMedia)
      const found = await network.find(account, payload)
      assert.deepEqual(
        [found?.remoteId, found?.permalink, found?.text],
        [published.remoteId, published.permalink, text],
      )
    })

    it('says whether a repeat is harmless', () => assert.equal(subject.network().repeatable, keyed))

    if (keyed)
      it('makes one post of the same payload sent twice, one after the other and at once', async () => {
        const { network, account, payload } = prepare()
        const first = await network.publish(account, payload, noMedia)
        const again = await Promise.all([
          network.publish(account, payload, noMedia),
          network.publish(account, payload, noMedia),
        ])
        for (const published of again) assert.equal(published.remoteId, first.remoteId)
        await network.retract(account, first.remoteId)
        assert.equal(
          await network.find(account, payload),
          undefined,
          'no second copy stands after the only one is deleted',
        )
      })

    if (keyed)
      it('never overwrites another post that stands under its key', async () => {
        const publicationKey = randomUUID()
        const { network, account, text, payload } = prepare({ publicationKey })
        const first = await network.publish(account, payload, noMedia)
        const other = prepare({ publicationKey }, 'Something else under the same key.').payload
        await assertNextStep(network.publish(account, other, noMedia), 'rejected')
        await assertNextStep(network.find(account, other), 'rejected')
        assert.equal((await network.capture(account, first.remoteId))?.text, text)
      })

    if (subject.deletes !== false)
      it('retracts, and a post already gone is success', async () => {
        const { network, account, payload } = prepare()
        const { remoteId } = await network.publish(account, payload, noMedia)
        const gone = await network.retract(account, remoteId)
        assert.ok(gone.requestBytes.length > 0 && gone.responseBytes.length > 0)
        assert.equal(await network.capture(account, remoteId), undefined)
        await network.retract(account, remoteId)
      })

    if (subject.deletes === false)
      it('never says that a post is deleted while it can be read', async () => {
        const { network, account, payload } = prepare()
        const { remoteId } = await network.publish(account, payload, noMedia)
        await assertNextStep(network.retract(account, remoteId), 'rejected')
        assert.equal((await network.capture(account, remoteId))?.remoteId, remoteId)
      })

    it('sends approved images with their descriptions', async () => {
      const { bytes, mimeType } = subject.image()
      const media = {
        mediaId: randomUUID(),
        sha256: createHash('sha256').update(bytes).digest('hex'),
        mimeType,
        size: bytes.length,
        altText: 'Un graphique',
      }
      const { network, account, payload } = prepare({ media: [media] })
      const swapped = async () => Buffer.concat([bytes, Buffer.from(' ')])
      await assertNextStep(network.publish(account, payload, swapped), 'rejected')
      assert.equal(await network.find(account, payload), undefined, 'what was not approved is not there')
      const published = await network.publish(account, payload, async (mediaId) =>
        mediaId === media.mediaId ? bytes : assert.fail(),
      )
      const captured = await network.capture(account, published.remoteId)
      assert.ok(Buffer.from(captured?.responseBytes ?? []).includes('Un graphique'))
    })

    it('connects with a good credential and answers a stable id', async () => {
      const { network, account } = prepare()
      const first = await network.connect(account)
      assert.ok(first.remoteAccountId.length > 0)
      assert.equal((await network.connect(account)).remoteAccountId, first.remoteAccountId)
    })

    it('asks for a new credential when the network refuses the one it has, and never repeats it in words', async () => {
      const { network, payload } = prepare()
      const account = subject.refusedAccount()
      const calls = [() => network.connect(account), () => network.publish(account, payload, noMedia)]
      for (const call of calls) {
        const error = await assertNextStep(call(), 'reauthorise')
        const said = `${error.message} ${Buffer.from(error.responseBytes ?? []).toString()} ${String(error.cause)}`
        assert.ok(!said.includes(account.credential) || account.credential.length < 10, said)
      }
      assert.equal(await network.find(subject.account(), payload), undefined, 'nothing was published')
    })
  })
}
